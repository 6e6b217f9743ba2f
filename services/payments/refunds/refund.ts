import type { Sql, Tx } from '../../../db/types.ts'
import type { AttemptNumber, OrderId, RefundNumber } from '../../../domain/ids.ts'
import type { PaymentProvider } from '../../../providers/provider.ts'

/**
 * A refund's states: `asked`, then the provider's final word. `replaced`: it failed, and another refund's row
 * carries its money (or, where it turned out to have succeeded, the other way round).
 */
export type RefundState = 'asked' | 'success' | 'closed' | 'abnormal' | 'replaced'
export type RefundEnd = Exclude<RefundState, 'asked'>

/** A stored refund of money; `captured`: what its attempt took in all (fen). */
export type Refund = {
  number: RefundNumber
  attempt: AttemptNumber
  orderId: OrderId
  transaction: string
  amount: bigint
  captured: bigint
  state: RefundState
  paidTo: 'source' | 'wallet' | 'by_hand' | null
  provider: string
  reissueOf: RefundNumber | null
  replacedBy: RefundNumber | null
  /** When it was first sent to the provider. */
  sentAt: Date | null
}

export type RefundDeps = {
  sql: Sql
  providers: Readonly<Record<string, PaymentProvider>>
  /**
   * Where the money goes that a provider could not send back: into the buyer's wallet, or nowhere before a
   * human has acted.
   */
  refundFallback: 'wallet' | 'none'
}

/** The refund of this number, if it is one of ours. `lock`: its row is locked until the transaction ends. */
export async function refundOf(
  sql: Sql | Tx,
  number: RefundNumber,
  lock: 'lock' | 'look' = 'look',
): Promise<Refund | undefined> {
  const [refund] = await sql<Refund[]>`
    SELECT r.number,
           r.attempt::text AS attempt,
           r.order_id::text AS "orderId",
           r.transaction,
           r.amount_fen AS amount,
           a.captured_fen AS captured,
           r.state,
           r.paid_to AS "paidTo",
           a.provider,
           r.reissue_of AS "reissueOf",
           r.replaced_by AS "replacedBy",
           r.sent_at AS "sentAt"
    FROM refunds r
    JOIN attempts a ON a.number = r.attempt
    WHERE r.number = ${number}
    ${lock === 'lock' ? sql`FOR UPDATE OF r` : sql``}`
  return refund
}
