import type { Client } from '@temporalio/client'
import type { Logger } from 'pino'
import type { Carts } from '../../db/carts.ts'
import type { Db } from '../../db/client.ts'
import type { OrderNews } from '../../db/order-news.ts'
import type { Ids } from '../../domain/ids.ts'
import type { Payments } from '../../payments/configure.ts'
import type { DeliveryDeps } from '../deliver.ts'
import type { Asking } from './asking.ts'

export type RelayDeps = {
  db: Db
  ids: Ids
  client: Client
  queue: string
  payments: Payments
  asking: Asking
  news: Pick<OrderNews, 'announce'>
  carts: Pick<Carts, 'removeBought'>
  log: Logger
}

export const deliveryDeps = ({
  db: { sql },
  payments: { accounts },
  client,
  news,
  log,
}: RelayDeps): DeliveryDeps => ({
  sql,
  accounts,
  client,
  news,
  log,
})

/** Rows that a duty takes at once. Taking pushes a row's due time on, so that relays share the work and a crash only delays it. */
export const batch = 50
