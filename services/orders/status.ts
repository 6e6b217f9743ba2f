import type { Tx } from '../../db/types.ts'
import type { OrderId } from '../../domain/ids.ts'
import { mayLeaveFor, type OrderStatus } from '../../domain/order.ts'

/** The order's status, its row locked until the transaction ends: whoever decides about an order stands in this queue. */
export async function lockOrder(tx: Tx, order: OrderId): Promise<OrderStatus | undefined> {
  const [row] = await tx<{ status: OrderStatus }[]>`SELECT status FROM orders WHERE id = ${order} FOR UPDATE`
  return row?.status
}

/**
 * Moves an order to `next` where its status may go there (domain/order.ts) and `only` holds, sets what goes with it (`also`, a fragment that
 * begins with a comma) and writes the log, in one statement. Says whether it moved. The caller holds the row: it has locked it in an earlier
 * statement (`lockOrder`), or written it in this transaction.
 */
export async function moveOrder(
  tx: Tx,
  order: OrderId,
  next: OrderStatus,
  why: string,
  also = tx``,
  only = tx`true`,
): Promise<boolean> {
  const moved = await tx`
    WITH before AS (SELECT status FROM orders WHERE id = ${order}),
    moved AS (UPDATE orders SET status = ${next} ${also} WHERE id = ${order} AND status = ANY(${mayLeaveFor(next)}::text[]) AND ${only} RETURNING id)
    INSERT INTO order_log (order_id, from_status, to_status, why) SELECT moved.id, before.status, ${next}, ${why} FROM moved, before`
  return moved.count === 1
}
