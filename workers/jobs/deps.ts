import type { Logger } from 'pino'
import type { Ids } from '../../domain/ids.ts'
import type { Carts, Client, Container, Events, Payments, Sql } from '../../runtime/container.ts'
import type { DeliveryDeps } from '../../runtime/deliver.ts'
import type { JobsEnv } from '../../runtime/environment.ts'
import type { StatementRetention } from '../../services/reconciliation/prune.ts'

/**
 * How long what is no longer needed is kept, in days; `addressDays`: addresses in orders of buyers who have
 * been forgotten.
 */
type JobsRetention = StatementRetention & { addressDays: number }

export type JobsDeps = {
  sql: Sql
  ids: Ids
  client: Client
  /** The task queue of orders. */
  queue: string
  payments: Payments
  events: Pick<Events, 'announce'>
  carts: Pick<Carts, 'removeBought' | 'clear'>
  retention: JobsRetention
  /** How often the books are audited; 0: never. */
  auditEveryHours: number
  log: Logger
}

/** What the jobs of this process work with. */
export const jobsDeps = (env: JobsEnv, container: Container): JobsDeps => {
  const { db, ids, client, payments, events, carts, log } = container
  return {
    ...{ sql: db.sql, ids, client, payments, events, carts, log },
    queue: env.ORDERS_QUEUE,
    retention: {
      statementDays: env.RETAIN_STATEMENT_DAYS,
      entryDays: env.RETAIN_ENTRY_DAYS,
      clearedDays: env.RETAIN_CLEARED_DAYS,
      addressDays: env.RETAIN_ADDRESS_DAYS,
    },
    auditEveryHours: env.AUDIT_EVERY_HOURS,
  }
}

/** What having a notification resolved works with. */
export const deliveryDeps = ({ sql, payments, client, events, log }: JobsDeps): DeliveryDeps => ({
  ...{ sql, client, events, log },
  accounts: payments.accounts,
})

/**
 * Rows that a job takes at once. Taking pushes a row's due time on, so that jobs share the work and a crash
 * only delays it.
 */
export const batch = 50
