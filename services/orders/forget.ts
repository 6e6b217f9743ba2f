import type { Tx } from '../../db/types.ts'
import type { UserId } from '../../domain/ids.ts'

/**
 * Removes what a buyer wrote, and where a buyer lives, from the buyer's orders. The address of an order that
 * was bought stays for `addressDays` after it was placed, as the law wants it kept; one that came to nothing
 * loses it now. Answers when the last address is due to go; null: there is none left.
 */
export async function forgetInOrders(
  tx: Tx,
  { buyer, addressDays }: { buyer: UserId; addressDays: number },
): Promise<Date | null> {
  await tx`
    DELETE FROM order_notes
    WHERE order_id = ANY(ARRAY(SELECT id FROM orders WHERE buyer_id = ${buyer}))`
  await tx`
    UPDATE orders
    SET note = ''
    WHERE buyer_id = ${buyer}
      AND note <> ''`
  await tx`
    UPDATE orders
    SET address = NULL
    WHERE buyer_id = ${buyer}
      AND address IS NOT NULL
      AND (placed_at < now() - make_interval(days => ${addressDays})
        OR (status IN ('rejected', 'closed') AND paid_at IS NULL))`
  const [left] = await tx<{ due: Date | null }[]>`
    SELECT max(placed_at) + make_interval(days => ${addressDays}) AS due
    FROM orders
    WHERE buyer_id = ${buyer}
      AND address IS NOT NULL`
  return left?.due ?? null
}
