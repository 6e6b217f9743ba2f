import type { PendingQuery, Row } from 'postgres'
import type { Tx } from '../../db/types.ts'
import type { OrderId } from '../../domain/ids.ts'
import { mayLeaveFor, type OrderStatus, type PayState } from '../../domain/order.ts'

/**
 * Locks the order's row until the transaction ends, and answers its status. The lock serializes all decisions
 * about the order.
 */
export async function lockOrder(tx: Tx, order: OrderId): Promise<OrderStatus | undefined> {
  const [row] = await tx<{ status: OrderStatus }[]>`
    SELECT status
    FROM orders
    WHERE id = ${order}
    FOR UPDATE`
  return row?.status
}

type Move = {
  order: OrderId
  next: OrderStatus
  /** For the order's log. */
  why: string
  /** Columns that are set with the status: a fragment that begins with a comma. */
  also?: PendingQuery<Row[]>
  /** A further condition on the order's row. */
  only?: PendingQuery<Row[]>
}

/**
 * Moves an order to `next` where its status may go there (domain/order.ts) and `only` holds, and writes the
 * log, in one statement. Says whether it moved. The caller holds the row: it has locked it in an earlier
 * statement (`lockOrder`), or written it in this transaction.
 */
export async function moveOrder(
  tx: Tx,
  { order, next, why, also = tx``, only = tx`true` }: Move,
): Promise<boolean> {
  const moved = await tx`
    WITH before AS (
      SELECT status
      FROM orders
      WHERE id = ${order}),
    moved AS (
      UPDATE orders
      SET status = ${next} ${also}
      WHERE id = ${order}
        AND status = ANY(${mayLeaveFor(next)}::text[])
        AND ${only}
      RETURNING id)
    INSERT INTO order_log (order_id, from_status, to_status, why)
    SELECT moved.id, before.status, ${next}, ${why}
    FROM moved, before`
  return moved.count === 1
}

type RefundedState = Extract<PayState, 'partly_refunded' | 'refunded'>

/** Notes what was refunded of an order whose status stays as it is. The caller holds the row. */
export async function setPayState(
  tx: Tx,
  { order, payState, why }: { order: OrderId; payState: RefundedState; why: string },
): Promise<void> {
  await tx`
    WITH changed AS (
      UPDATE orders
      SET pay_state = ${payState}
      WHERE id = ${order}
      RETURNING id, status)
    INSERT INTO order_log (order_id, from_status, to_status, why)
    SELECT id, status, status, ${why}
    FROM changed`
}
