import type { NotificationId, OrderId, RefundNumber } from '../../domain/ids.ts'
import { raiseAttention } from '../operations/attention.ts'
import { type RefundDeps, type RefundEnd, refundAtProvider } from './send-refund.ts'

/** What a notification of a refund comes to. */
export type RefundOutcome = `refund ${RefundEnd}` | 'attention'

type Told = {
  outcome: RefundOutcome | null
  provider: string
  refund: RefundNumber
  trade: string
  amount: bigint
  state: string
  orderId: OrderId | null
  known: boolean
}

/**
 * Decides what a stored notification of a refund means. It is no more than a hint: the provider is asked, and its answer ends the refund. One
 * that we never asked for was made by hand at the provider: a human has to know. Throws while the provider has no final word.
 */
export async function resolveRefund(deps: RefundDeps, notification: NotificationId): Promise<RefundOutcome> {
  const { sql } = deps
  const [told] = await sql<Told[]>`
    SELECT n.outcome, n.provider, n.number AS refund, n.trade, n.amount_fen AS amount, n.state, a.order_id::text AS "orderId",
      EXISTS (SELECT 1 FROM refunds r WHERE r.number = n.number) AS known
    FROM notifications n LEFT JOIN attempts a ON a.number = n.attempt WHERE n.id = ${notification} AND n.kind = 'refund'`
  if (!told) throw new Error(`notification ${notification} of a refund is not stored`)
  if (told.outcome !== null) return told.outcome
  const outcome: RefundOutcome = told.known
    ? `refund ${await refundAtProvider(deps, told.refund)}`
    : 'attention'
  await sql.begin(async (tx) => {
    if (outcome === 'attention') {
      const { provider, refund, trade, amount, state, orderId } = told
      await raiseAttention(tx, {
        reason: 'unknown_refund',
        subject: refund,
        orderId,
        details: { provider, trade, amount: amount.toString(), state },
      })
    }
    await tx`UPDATE notifications SET outcome = ${outcome}, resolved_at = now() WHERE id = ${notification} AND outcome IS NULL`
  })
  return outcome
}
