import type { Client } from '@temporalio/client'
import type { Logger } from 'pino'
import type { Db } from '../../db/client.ts'
import type { Ids } from '../../domain/ids.ts'
import type { Carts } from '../../redis/carts.ts'
import type { Events } from '../../redis/events.ts'
import type { DeliveryDeps } from '../../runtime/deliver.ts'
import type { Payments } from '../../runtime/payments.ts'
import type { ProviderRateLimit } from './provider-rate-limit.ts'

export type JobsDeps = {
  db: Db
  ids: Ids
  client: Client
  queue: string
  payments: Payments
  providerRateLimit: ProviderRateLimit
  events: Pick<Events, 'announce'>
  carts: Pick<Carts, 'removeBought'>
  log: Logger
}

export const deliveryDeps = ({
  db: { sql },
  payments: { accounts },
  client,
  events,
  log,
}: JobsDeps): DeliveryDeps => ({
  sql,
  accounts,
  client,
  events,
  log,
})

/** Rows that a duty takes at once. Taking pushes a row's due time on, so that jobs share the work and a crash only delays it. */
export const batch = 50
