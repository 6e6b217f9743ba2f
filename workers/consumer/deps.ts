import type { Client } from '@temporalio/client'
import type { Logger } from 'pino'
import type { Db } from '../../db/client.ts'
import type { Events } from '../../redis/events.ts'
import type { Gate } from '../../redis/gate/gate.ts'
import type { TicketQueue } from '../../redis/gate/queue.ts'

export type ConsumerDeps = {
  db: Db
  gate: Gate
  queue: TicketQueue
  client: Client
  events: Pick<Events, 'announce' | 'announceOffer'>
  /** The task queue of orders. */
  ordersQueue: string
  /** How many starts of workflows are under way at once. */
  startsInFlight: number
  log: Logger
}
