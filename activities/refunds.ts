import { ApplicationFailure } from '@temporalio/activity'
import { clearAttention, raiseAttention } from '../db/attention.ts'
import type { Sql } from '../db/client.ts'
import type { AttemptNumber, OrderId, RefundNumber } from '../domain/ids.ts'
import { fen } from '../domain/money.ts'
import type { PaymentProvider, RefundState } from '../payments/provider.ts'
import { stillUnknown } from './still-unknown.ts'

export type RefundEnd = 'success' | 'closed' | 'abnormal'

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
 * repeating safe: the provider knows one refund by it.
 */
export async function refundAtProvider(sql: Sql, providers: Readonly<Record<string, PaymentProvider>>, number: RefundNumber): Promise<RefundEnd> {
  const [refund] = await sql<Refund[]>`
    SELECT r.number, r.attempt::text AS attempt, r.order_id::text AS "orderId", r.transaction, r.amount_fen AS amount, a.captured_fen AS captured, r.state, a.provider
    FROM refunds r JOIN attempts a ON a.number = r.attempt WHERE r.number = ${number}`
  if (!refund) throw ApplicationFailure.nonRetryable(`refund ${number} is not stored`, 'refund_unknown')
  if (refund.state !== 'asked') return refund.state
  const provider = providers[refund.provider]
  if (!provider) throw stillUnknown(`the provider ${refund.provider} is not configured`)
  const known = await provider.queryRefund(number)
  const { attempt, transaction } = refund
  const state =
    known.is === 'missing'
      ? await provider.refund({ refund: number, attempt, transaction, amount: fen(refund.amount), captured: fen(refund.captured), currency: 'CNY' })
      : known
  const end = finalOf(state)
  if (!end) throw stillUnknown(`refund ${number} at ${refund.provider}: ${state.code}`)
  await endRefund(sql, refund, end, state.code)
  return end
}

const finalOf = ({ is }: RefundState): RefundEnd | undefined => (is === 'success' || is === 'closed' || is === 'abnormal' ? is : undefined)

/** Success turns the reservation into money sent back. Anything else leaves it reserved, with a human: the money is still owed. */
async function endRefund(sql: Sql, { number, attempt, orderId, amount, provider }: Refund, end: RefundEnd, code: string): Promise<void> {
  await sql.begin(async (tx) => {
    const ended = await tx`UPDATE refunds SET state = ${end}, ended_at = now() WHERE number = ${number} AND state = 'asked'`
    if (ended.count === 0) return
    await clearAttention(tx, 'refund_stuck', number)
    if (end === 'success') {
      await tx`UPDATE attempts SET refunding_fen = refunding_fen - ${amount}, refunded_fen = refunded_fen + ${amount} WHERE number = ${attempt}`
    } else {
      await raiseAttention(tx, { reason: 'refund_failed', subject: number, orderId, details: { provider, state: end, code } })
    }
  })
}
