import type { Tx } from '../../db/types.ts'
import type { RefundNumber } from '../../domain/ids.ts'
import type { Refundable } from './refundable.ts'

/**
 * Where refunded pieces went: to the shelves, to their flash sale's offer, or nowhere: the buyer has them, or
 * they are lost.
 */
export type ReturnedTo = 'shelf' | 'offer' | null

export type NewRefund = {
  number: RefundNumber
  cause: 'cancelled' | 'operator'
  reason: string
  /** Who asked for it: the subject of an operator's token, or the buyer's id. */
  askedBy: string
  fingerprint: string
  returnedTo: ReturnedTo
}

/**
 * Writes a refund of a paid order and its lines. One of no money has ended with it; the others are sent by
 * the jobs.
 */
export async function insertRefund(tx: Tx, refund: NewRefund, refundable: Refundable): Promise<void> {
  const { number, cause, reason, askedBy, fingerprint, returnedTo } = refund
  const { order, parts, owed, shipping } = refundable
  const sent = owed > 0n
  await tx`
    INSERT INTO refunds
      (number, attempt, order_id, cause, transaction,
       amount_fen, balance_fen, points, shipping_fen, shipping_refunded,
       reason, asked_by, fingerprint, returned_to, state, paid_to, ended_at)
    VALUES
      (${number}, ${sent ? refundable.attempt : null}, ${order}, ${cause},
       ${sent ? refundable.transaction : null},
       ${owed}, ${parts.balance}, ${parts.points}, ${parts.shipping}, ${shipping},
       ${reason}, ${askedBy}, ${fingerprint}, ${parts.lines.length > 0 ? returnedTo : null},
       ${sent ? 'asked' : 'success'}, ${sent ? null : 'source'}, ${sent ? null : tx`now()`})`
  const { lines } = parts
  const amounts = (name: 'amount' | 'balance' | 'points') => lines.map((line) => line[name].toString())
  await tx`
    INSERT INTO refund_lines (refund, line, quantity, amount_fen, balance_fen, points_fen)
    SELECT ${number}, *
    FROM unnest(
      ${lines.map(({ line }) => line)}::int[],
      ${lines.map(({ quantity }) => quantity)}::int[],
      ${amounts('amount')}::bigint[],
      ${amounts('balance')}::bigint[],
      ${amounts('points')}::bigint[])`
}
