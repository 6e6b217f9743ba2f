import type { Sql, Tx } from '../../db/types.ts'
import type { AttemptNumber, OrderId, RefundNumber } from '../../domain/ids.ts'
import { fen } from '../../domain/money.ts'
import { NeverRetry, RetryLater } from '../../domain/retry.ts'
import type { PaymentProvider, RefundState } from '../../providers/provider.ts'
import { credit } from '../inventory/wallet.ts'
import { clearAttention, raiseAttention } from '../operations/attention.ts'

export type RefundEnd = 'success' | 'closed' | 'abnormal'

export type RefundDeps = {
  sql: Sql
  providers: Readonly<Record<string, PaymentProvider>>
  /** Where the money goes that a provider could not send back: into the buyer's wallet, or nowhere before a human has acted. */
  refundFallback: 'wallet' | 'none'
}

type Refund = {
  number: RefundNumber
  attempt: AttemptNumber
  orderId: OrderId
  transaction: string
  amount: bigint
  captured: bigint
  state: 'asked' | RefundEnd
  provider: string
}

/**
 * Has the provider send the money back, and asks until its final word; until then it throws, and Temporal comes again. The number makes
 * repeating safe: the provider knows one refund by it. A refund that failed is only asked about: somebody may have repaired it there.
 */
export async function refundAtProvider(
  { sql, providers, refundFallback }: RefundDeps,
  number: RefundNumber,
): Promise<RefundEnd> {
  const [refund] = await sql<Refund[]>`
    SELECT r.number, r.attempt::text AS attempt, r.order_id::text AS "orderId", r.transaction, r.amount_fen AS amount, a.captured_fen AS captured, r.state, a.provider
    FROM refunds r JOIN attempts a ON a.number = r.attempt WHERE r.number = ${number}`
  if (!refund) throw new NeverRetry('refund_unknown', `refund ${number} is not stored`)
  if (refund.state === 'success') return refund.state
  const provider = providers[refund.provider]
  if (!provider) throw new RetryLater(`the provider ${refund.provider} is not configured`)
  const { attempt, transaction } = refund
  const known = await provider.queryRefund(number, { attempt, transaction })
  const asks = known.is === 'missing' && refund.state === 'asked'
  const state = asks
    ? await provider.refund({
        refund: number,
        attempt,
        transaction,
        amount: fen(refund.amount),
        captured: fen(refund.captured),
        currency: 'CNY',
      })
    : known
  const end = finalOf(state)
  if (!end && refund.state !== 'asked') return refund.state
  if (!end) throw new RetryLater(`refund ${number} at ${refund.provider}: ${state.code}`)
  return await sql.begin((tx) => endRefund(tx, refund, end, state.code, refundFallback))
}

const finalOf = ({ is }: RefundState): RefundEnd | undefined =>
  is === 'success' || is === 'closed' || is === 'abnormal' ? is : undefined

/**
 * Success turns the reservation into money sent back. Anything else leaves it reserved, with a human: the money is still owed; or, where
 * that is configured, pays it into the buyer's wallet, with a human told not to send it a second time.
 */
async function endRefund(
  tx: Tx,
  refund: Refund,
  end: RefundEnd,
  code: string,
  fallback: RefundDeps['refundFallback'],
): Promise<RefundEnd> {
  const { number, attempt, orderId, amount, provider } = refund
  const intoWallet = end !== 'success' && fallback === 'wallet'
  const state = intoWallet ? 'success' : end
  const leaves = state === 'success' ? ['asked', 'closed', 'abnormal'] : ['asked']
  const ended = await tx`
    UPDATE refunds SET state = ${state}, ended_at = now(), paid_to = ${intoWallet ? 'wallet' : state === 'success' ? 'source' : null}
    WHERE number = ${number} AND state = ANY(${leaves}::text[])`
  if (ended.count === 0) return state
  await clearAttention(tx, 'refund_stuck', number)
  if (state === 'success') {
    await tx`UPDATE attempts SET refunding_fen = refunding_fen - ${amount}, refunded_fen = refunded_fen + ${amount} WHERE number = ${attempt}`
    await clearAttention(tx, 'refund_failed', number)
  }
  if (intoWallet)
    await credit(tx, { order: orderId, kind: 'refund_instead', amount: fen(amount), refund: number })
  if (end !== 'success') {
    const details = { provider, state: end, code, ...(intoWallet && { paidTo: 'wallet' }) }
    await raiseAttention(tx, { reason: 'refund_failed', subject: number, orderId, details })
  }
  return state
}
