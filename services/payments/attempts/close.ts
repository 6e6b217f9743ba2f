import type { Sql } from '../../../db/types.ts'
import type { Ids, NotificationId, OrderId } from '../../../domain/ids.ts'
import { RetryLater } from '../../../domain/retry.ts'
import type { PaymentProvider, Trade } from '../../../providers/provider.ts'
import { type FoundBy, type Stored, storePayment } from '../notifications.ts'
import { type Attempt, creationOf, openAttemptOf, type Providers } from './attempt.ts'
import { markClosed } from './states.ts'

/** No money will come by the order's attempt, or it has come and its notification wants resolving. */
export type AttemptClosed = { is: 'closed' } | { is: 'paid'; notification: NotificationId }

/**
 * Closes the order's open attempt at its provider, then asks. Only the provider's word ends it.
 * @throws {RetryLater} while that is unknown (no answer, a creation in flight, a close that was refused):
 * Temporal asks again with back-off, not before the provider says that it is of use
 */
export async function closeAttempt(
  deps: { sql: Sql; ids: Ids; providers: Providers },
  order: OrderId,
): Promise<AttemptClosed> {
  const attempt = await openAttemptOf(deps.sql, order)
  if (!attempt) return { is: 'closed' }
  const provider = deps.providers[attempt.provider]
  if (!provider)
    throw new RetryLater(`attempt ${attempt.number}: the provider ${attempt.provider} is not configured`)
  const closed = await closeAtProvider(deps, { provider, attempt, found: 'closing' })
  if (closed.is === 'unknown')
    throw new RetryLater(
      `attempt ${attempt.number} at ${attempt.provider}: ${closed.state}`,
      closed.retryAfterS,
    )
  return closed.is === 'paid' ? { is: 'paid', notification: closed.stored.id } : { is: 'closed' }
}

type ToClose = {
  provider: PaymentProvider
  attempt: Pick<Attempt, 'number' | 'callingUntil'>
  found: FoundBy
}
type ClosedAtProvider = Exclude<Trade, { is: 'paid' }> | { is: 'paid'; stored: Stored }

/**
 * Closes one attempt at its provider and writes down what that found: the attempt's end, or the payment's
 * notification.
 */
export async function closeAtProvider(
  { sql, ids }: { sql: Sql; ids: Ids },
  { provider, attempt, found }: ToClose,
): Promise<ClosedAtProvider> {
  const trade = await provider.close(attempt.number, creationOf(attempt))
  if (trade.is === 'paid') return { is: 'paid', stored: await storePayment({ sql, ids }, trade.facts, found) }
  if (trade.is === 'closed') await markClosed(sql, attempt.number)
  return trade
}
