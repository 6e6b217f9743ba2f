import type { Logger } from 'pino'
import type { Ids } from '../../domain/ids.ts'
import type { Carts, Client, Container, Events, Payments, Sql } from '../../runtime/container.ts'
import type { DeliveryDeps } from '../../runtime/deliver.ts'
import type { WorkerEnv } from '../../runtime/environment.ts'

export type JobsDeps = {
  sql: Sql
  ids: Ids
  client: Client
  /** The task queue of orders. */
  queue: string
  payments: Payments
  events: Pick<Events, 'announce'>
  carts: Pick<Carts, 'removeBought'>
  log: Logger
}

/** What the jobs of this process work with. */
export const jobsDeps = (env: WorkerEnv, container: Container): JobsDeps => {
  const { db, ids, client, payments, events, carts, log } = container
  return {
    ...{ sql: db.sql, ids, client, payments, events, carts, log },
    queue: env.ORDERS_QUEUE,
  }
}

export const deliveryDeps = ({ sql, payments, client, events, log }: JobsDeps): DeliveryDeps => ({
  ...{ sql, client, events, log },
  accounts: payments.accounts,
})

/**
 * Rows that a job takes at once. Taking pushes a row's due time on, so that jobs share the work and a crash
 * only delays it.
 */
export const batch = 50
