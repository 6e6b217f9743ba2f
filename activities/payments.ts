import { heartbeat } from '@temporalio/activity'
import type { OrderId, RefundNumber } from '../domain/ids.ts'
import { NeverRetry, RetryLater } from '../domain/retry.ts'
import { StatementRejected } from '../providers/provider.ts'
import { closeAttempt } from '../services/payments/attempts/close.ts'
import { refundAtProvider } from '../services/payments/refunds/send.ts'
import { fetchStatement, type StatementKind, type StatementOf } from '../services/reconciliation/fetch.ts'
import { type Matched, matchStatement } from '../services/reconciliation/match.ts'
import { statementsOf, statementsToReconcile } from '../services/reconciliation/plan.ts'
import type { ActivityDeps } from './deps.ts'
import { withFailures } from './failures.ts'

/**
 * The activities of the queue `payments`: calls to providers, rate-limited by the worker, never inside a
 * transaction; and statements. Each is safe to repeat, whenever it was broken off.
 */
export function createPaymentActivities(deps: ActivityDeps) {
  const { sql, ids, providers, accounts } = deps
  return withFailures({
    closeAttempt: (order: OrderId) => closeAttempt(deps, order),
    refundAtProvider: (number: RefundNumber) => refundAtProvider(deps, number),
    statementsToReconcile: (now: number) => statementsToReconcile(sql, providers, now),
    /**
     * Throws, to be asked again, while the provider has none. Answers `none` at once for a kind that it never
     * has.
     */
    fetchStatement: async (of: StatementOf, kind: StatementKind): Promise<'fetched' | 'matched' | 'none'> => {
      const statements = statementsOf(providers, of)
      if (!statements.kinds.includes(kind)) return 'none'
      const progress = (bytes: number) => heartbeat(bytes)
      try {
        return (await fetchStatement(sql, { statements, of, kind, now: Date.now(), progress })).state
      } catch (error) {
        throw new RetryLater(error instanceof Error ? error.message : String(error))
      }
    },
    /** Fails with `statement_rejected`, not to be tried again, for one that has to be fetched anew. */
    matchStatement: async (of: StatementOf): Promise<Matched> => {
      const statements = statementsOf(providers, of)
      try {
        return await matchStatement({ sql, ids, accounts, statements }, of, heartbeat)
      } catch (error) {
        if (error instanceof StatementRejected) throw new NeverRetry('statement_rejected', error.message)
        throw error
      }
    },
  })
}
export type PaymentActivities = ReturnType<typeof createPaymentActivities>
