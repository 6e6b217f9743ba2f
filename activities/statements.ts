import { ApplicationFailure, heartbeat } from '@temporalio/activity'
import type { Sql } from '../db/client.ts'
import type { Ids } from '../domain/ids.ts'
import { type PaymentProvider, StatementRejected, type Statements } from '../providers/provider.ts'
import type { Accounts } from '../services/payments/resolve-payment.ts'
import { fetchStatement, type StatementKind, type StatementOf } from '../services/reconciliation/fetch.ts'
import { type Matched, matchStatement } from '../services/reconciliation/match.ts'
import { statementsToReconcile } from '../services/reconciliation/plan.ts'
import { retryLater } from './retry-later.ts'

export type StatementDeps = {
  sql: Sql
  ids: Ids
  providers: Readonly<Record<string, PaymentProvider>>
  accounts: Accounts
}

/** What reconciling does to the world: on the queue `payments`. Each is safe to repeat, whenever it was broken off. */
export function createStatementActivities({ sql, ids, providers, accounts }: StatementDeps) {
  return {
    statementsToReconcile: (now: number) => statementsToReconcile(sql, providers, now),
    /** Throws, to be asked again, while the provider has none. Answers `none` at once for a kind that it never has. */
    fetchStatement: async (of: StatementOf, kind: StatementKind): Promise<'fetched' | 'matched' | 'none'> => {
      const statements = statementsOf(providers, of)
      if (!statements.kinds.includes(kind)) return 'none'
      const progress = (bytes: number) => heartbeat(bytes)
      try {
        return (await fetchStatement(sql, { statements, of, kind, now: Date.now(), progress })).state
      } catch (error) {
        throw retryLater(error instanceof Error ? error.message : String(error))
      }
    },
    /** Fails with `statement_rejected`, not to be tried again, for one that has to be fetched anew. */
    matchStatement: async (of: StatementOf): Promise<Matched> => {
      try {
        return await matchStatement(
          { sql, ids, accounts, statements: statementsOf(providers, of) },
          of,
          heartbeat,
        )
      } catch (error) {
        if (error instanceof StatementRejected)
          throw ApplicationFailure.nonRetryable(error.message, 'statement_rejected')
        throw error
      }
    },
  }
}

/** The statements of a provider. Throws when it is not configured here, or has none: another process may have it. */
export function statementsOf(providers: StatementDeps['providers'], { provider }: StatementOf): Statements {
  const statements = providers[provider]?.statements
  if (!statements) throw new Error(`${provider} is not configured here, or has no statements`)
  return statements
}
