import type { Client } from '@temporalio/client'
import type { Logger } from 'pino'
import type { Db } from '../../db/client.ts'
import type { OrderNews } from '../../db/order-news.ts'
import type { Gate } from '../../seckill/gate.ts'
import type { TicketQueue } from '../../seckill/queue.ts'

export type DrainDeps = {
  db: Db
  gate: Gate
  queue: TicketQueue
  client: Client
  news: Pick<OrderNews, 'announce' | 'announceOffer'>
  /** The task queue of orders. */
  ordersQueue: string
  /** How many starts of workflows are under way at once. */
  startsInFlight: number
  log: Logger
}
