import type { Sql } from '../../db/types.ts'
import type { Ids, NotificationId, OrderId } from '../../domain/ids.ts'
import { RetryLater } from '../../domain/retry.ts'
import type { PaymentProvider } from '../../providers/provider.ts'
import { type Attempt, creationOf, endAttempt, openOf } from './attempts.ts'
import { storePayment } from './notifications.ts'

/** No money will come by the order's attempt, or it has come and its notification wants resolving. */
export type AttemptClosed = { is: 'closed' } | { is: 'paid'; notification: NotificationId }

/**
 * Closes the order's open attempt at its provider, then asks. Only the provider's word ends it: while that is unknown (no answer, a creation
 * in flight, a close that was refused) this throws, and Temporal asks again with back-off, not before the provider says that it is of use.
 */
export async function closeAttempt(
  sql: Sql,
  ids: Ids,
  providers: Readonly<Record<string, PaymentProvider>>,
  order: OrderId,
): Promise<AttemptClosed> {
  const open = await openOf(sql, order)
  if (!open) return { is: 'closed' }
  const provider = providers[open.provider]
  if (!provider)
    throw new RetryLater(`attempt ${open.number}: the provider ${open.provider} is not configured`)
  const trade = await provider.close(open.number, creationOf(open))
  if (trade.is === 'unknown')
    throw new RetryLater(
      `attempt ${open.number} at ${open.provider}: ${trade.state}`,
      useful(trade.retryAfterS, open),
    )
  if (trade.is === 'paid')
    return { is: 'paid', notification: (await storePayment(sql, ids, trade.facts, 'closing')).id }
  await endAttempt(sql, open.number)
  return { is: 'closed' }
}

/** When asking again is of use: when the provider says so, or when the trade expires by itself before that. */
function useful(afterS: number | undefined, { expiresAt }: Attempt): number | undefined {
  if (afterS === undefined) return undefined
  const expiresInS = Math.max(0, Math.ceil((expiresAt.getTime() - Date.now()) / 1000)) + 1
  return Math.min(afterS, expiresInS)
}
