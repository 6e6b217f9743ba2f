import type { Sql, Tx } from '../../db/types.ts'
import type { UserId } from '../../domain/ids.ts'

/**
 * Removes from a buyer's payments who paid them, what is needed to pay them, and what an operator wrote about
 * their refunds.
 */
export async function forgetInPayments(tx: Tx, buyer: UserId): Promise<void> {
  await tx`
    UPDATE attempts
    SET payer = NULL, answer = NULL
    WHERE order_id = ANY(ARRAY(SELECT id FROM orders WHERE buyer_id = ${buyer}))
      AND ended_at IS NOT NULL`
  await tx`
    UPDATE refunds
    SET reason = ''
    WHERE order_id = ANY(ARRAY(SELECT id FROM orders WHERE buyer_id = ${buyer}))
      AND reason <> ''`
  await tx`
    UPDATE refund_actions
    SET note = ''
    WHERE refund = ANY(ARRAY(
        SELECT number
        FROM refunds
        WHERE order_id = ANY(ARRAY(SELECT id FROM orders WHERE buyer_id = ${buyer}))))
      AND note <> ''`
}

/**
 * Removes what was needed to pay from attempts that have ended: a form, a QR text, the payer's id. Answers
 * how many, of `most`.
 */
export async function dropAnswers(sql: Sql, most: number): Promise<number> {
  const dropped = await sql`
    UPDATE attempts
    SET answer = NULL, payer = NULL
    WHERE number = ANY(ARRAY(
      SELECT number
      FROM attempts
      WHERE ended_at IS NOT NULL
        AND (answer IS NOT NULL OR payer IS NOT NULL)
      ORDER BY number
      LIMIT ${most}
    ))`
  return dropped.count
}
