import type { Sql, Tx } from '../../../db/types.ts'
import type { AttemptNumber, OrderId, RefundNumber } from '../../../domain/ids.ts'
import type { Fen } from '../../../domain/money.ts'
import type { Refund, RefundState } from './refund.ts'

/*
 * Every change of a refund's state; refunds that somebody asked for are inserted by refund-order.ts. Rows are
 * locked in one order: the refund, then its attempt.
 */

type LateRefund = {
  number: RefundNumber
  attempt: AttemptNumber
  order: OrderId
  cause: 'late' | 'duplicate' | 'wrong_amount'
  transaction: string
  amount: Fen
}

/**
 * Money that must not stay goes back. Its reservation on the attempt is the caller's, in the same
 * transaction.
 */
export async function insertLateRefund(tx: Tx, refund: LateRefund): Promise<void> {
  const { number, attempt, order, cause, transaction, amount } = refund
  await tx`
    INSERT INTO refunds (number, attempt, order_id, cause, transaction, amount_fen)
    VALUES (${number}, ${attempt}, ${order}, ${cause}, ${transaction}, ${amount})`
}

/**
 * Writes the refund that takes over the money of a failed one, which still holds its reservation on the
 * attempt.
 */
export async function insertReissue(
  tx: Tx,
  { number, reason, askedBy }: { number: RefundNumber; reason: string; askedBy: string },
  failed: Refund,
): Promise<void> {
  await tx`
    INSERT INTO refunds (number, attempt, order_id, cause, transaction, amount_fen, reason, asked_by,
      reissue_of)
    VALUES (${number}, ${failed.attempt}, ${failed.orderId}, 'reissue', ${failed.transaction},
            ${failed.amount}, ${reason}, ${askedBy}, ${failed.number})`
  await markReplaced(tx, failed.number, number)
}

/** `asked | closed | abnormal → replaced`: another refund carries its money. */
export async function markReplaced(tx: Tx, number: RefundNumber, by: RefundNumber): Promise<void> {
  await tx`
    UPDATE refunds
    SET state = 'replaced',
        replaced_by = ${by},
        ended_at = now()
    WHERE number = ${number}
      AND state IN ('asked', 'closed', 'abnormal')`
}

/**
 * The states that an end may be reached from: what failed may succeed after all, and nothing else changes any
 * more.
 */
const mayEnd: Record<'success' | 'closed' | 'abnormal', readonly RefundState[]> = {
  success: ['asked', 'closed', 'abnormal', 'replaced'],
  closed: ['asked'],
  abnormal: ['asked'],
}

/** Ends a refund. False when it had ended so already, or has ended otherwise. */
export async function markEnded(
  tx: Tx,
  number: RefundNumber,
  { state, paidTo }: { state: 'success' | 'closed' | 'abnormal'; paidTo: Refund['paidTo'] },
): Promise<boolean> {
  const ended = await tx`
    UPDATE refunds
    SET state = ${state},
        paid_to = ${paidTo},
        replaced_by = NULL,
        ended_at = now()
    WHERE number = ${number}
      AND state = ANY(${[...mayEnd[state]]}::text[])`
  return ended.count === 1
}

/** The provider has it and is at work: for a bank card that takes days. */
export async function markProcessing(sql: Sql, number: RefundNumber): Promise<void> {
  await sql`
    UPDATE refunds
    SET processing_since = now()
    WHERE number = ${number}
      AND processing_since IS NULL`
}

/** It is about to be sent to the provider. */
export async function markSent(tx: Tx, number: RefundNumber): Promise<void> {
  await tx`
    UPDATE refunds
    SET sent_at = now()
    WHERE number = ${number}
      AND sent_at IS NULL`
}
