import { forgetDue } from '../../services/buyers/forget.ts'
import { pruneAttention } from '../../services/operations/prune.ts'
import { dropAnswers } from '../../services/payments/forget.ts'
import { pruneStatements } from '../../services/reconciliation/prune.ts'
import type { JobsDeps } from './deps.ts'

/**
 * Removes what its retention has left behind; it runs again at once while there is more. What an order, its
 * payments and the balances consist of is the shop's books, and stays.
 */
export async function pruneRows({ sql, carts, retention }: JobsDeps): Promise<number> {
  const statements = await pruneStatements(sql, retention)
  const attention = await pruneAttention(sql, retention.clearedDays)
  const dropped = await dropAnswers(sql, 1000)
  const forgotten = await forgetDue({ sql, carts }, retention.addressDays)
  return statements + attention + dropped + forgotten
}
