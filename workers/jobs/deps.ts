import type { Client } from '@temporalio/client'
import type { Logger } from 'pino'
import type { Db } from '../../db/client.ts'
import type { Ids } from '../../domain/ids.ts'
import type { Carts } from '../../redis/carts.ts'
import type { OrderNews } from '../../redis/events.ts'
import type { DeliveryDeps } from '../../runtime/deliver.ts'
import type { Payments } from '../../runtime/payments.ts'
import type { Asking } from './provider-rate-limit.ts'

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
