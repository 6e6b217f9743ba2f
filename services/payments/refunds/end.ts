import type { Sql } from '../../../db/types.ts'
import type { RefundNumber } from '../../../domain/ids.ts'
import { fen } from '../../../domain/money.ts'
import { credit } from '../../inventory/wallet.ts'
import { clearAttention, raiseAttention } from '../../operations/attention.ts'
import { refundArrived } from '../attempts/states.ts'
import { type Refund, type RefundDeps, type RefundEnd, refundOf } from './refund.ts'
import { markEnded, markReplaced } from './states.ts'

/**
 * Ends a refund by its provider's final word. Success turns the reservation into money sent back. Anything
 * else leaves it reserved, with a human: the money is still owed; or, with the fallback `wallet`, pays it
 * into the buyer's wallet, with a human warned not to send it again.
 */
export function endRefund(
  { sql, refundFallback }: Pick<RefundDeps, 'sql' | 'refundFallback'>,
  refund: Refund,
  { end, code }: { end: 'success' | 'closed' | 'abnormal'; code: string },
): Promise<RefundEnd> {
  const { number, attempt, orderId, amount, provider } = refund
  const intoWallet = end !== 'success' && refundFallback === 'wallet'
  const state = intoWallet ? 'success' : end
  const paidTo = intoWallet ? 'wallet' : end === 'success' ? 'source' : null
  return sql.begin(async (tx) => {
    if (!(await markEnded(tx, number, { state, paidTo })))
      return ((await refundOf(tx, number))?.state ?? state) as RefundEnd // It has ended otherwise meanwhile.
    await clearAttention(tx, 'refund_stuck', number)
    if (state === 'success') {
      await refundArrived(tx, attempt, amount)
      await clearAttention(tx, 'refund_failed', number)
    }
    if (intoWallet)
      await credit(tx, { order: orderId, kind: 'refund_instead', amount: fen(amount), refund: number })
    if (end !== 'success') {
      const details = { provider, state: end, code, ...(intoWallet && { paidTo: 'wallet' }) }
      await raiseAttention(tx, { reason: 'refund_failed', subject: number, orderId, details })
    }
    return state
  })
}

/**
 * A refund that had failed and was issued anew has succeeded. Where the new one has not been sent yet, the
 * old one counts, and the new one is never sent: true. False when that is too late.
 */
export function supersede(
  sql: Sql,
  { refund, former }: { refund: RefundNumber; former: Refund },
): Promise<boolean> {
  return sql.begin(async (tx) => {
    const fresh = await refundOf(tx, refund, 'lock')
    if (fresh?.state !== 'asked' || fresh.sentAt !== null) return false
    await markReplaced(tx, refund, former.number)
    await markEnded(tx, former.number, { state: 'success', paidTo: 'source' })
    await refundArrived(tx, former.attempt, former.amount)
    return true
  })
}

/**
 * Money that was paid by another way, or by another refund, has arrived by this one too: nothing is sent, and
 * a human has to know.
 */
export async function lateSuccess(sql: Sql, refund: Refund): Promise<RefundEnd> {
  const { number, orderId, provider, amount, paidTo, replacedBy } = refund
  const instead = replacedBy ?? paidTo ?? 'another way'
  await raiseAttention(sql, {
    reason: 'refund_paid_twice',
    subject: number,
    orderId,
    details: { provider, amount: amount.toString(), paidBy: instead },
  })
  return refund.state as RefundEnd // It has ended: that is how it came here.
}
