import type { Tx } from '../../db/types.ts'
import type { OrderId, RefundNumber, SessionId } from '../../domain/ids.ts'
import type { Allocation } from '../../domain/stock.ts'

/**
 * How each kind of movement changes a shelf: what lies there (`onHand`) and what is reserved of it, for one
 * piece.
 */
const changes = {
  reserved: { onHand: 0, reserved: 1 },
  released: { onHand: 0, reserved: -1 },
  deducted: { onHand: -1, reserved: -1 },
  /** Back on the shelf by a refund. */
  refunded: { onHand: 1, reserved: 0 },
  /** To an offer of a flash sale, and back from it. */
  offered: { onHand: -1, reserved: 0 },
  returned: { onHand: 1, reserved: 0 },
} as const
type ShelfChange = keyof typeof changes

/** What a movement belongs to. */
type Cause = {
  kind: ShelfChange
  order?: OrderId | undefined
  session?: SessionId | undefined
  refund?: RefundNumber | undefined
}

/**
 * Moves pieces of these shelves, with a movement of each. The caller has locked the rows, or changes one
 * shelf only.
 */
export async function moveShelves(
  tx: Tx,
  pieces: readonly Allocation[],
  { kind, order, session, refund }: Cause,
): Promise<void> {
  const { onHand, reserved } = changes[kind]
  const column = <K extends keyof Allocation>(name: K) => pieces.map((one) => one[name])
  await tx`
    WITH moves AS (
      SELECT *
      FROM unnest(
        ${column('sku')}::bigint[],
        ${column('warehouse')}::int[],
        ${column('pieces')}::int[]) AS m (sku_id, warehouse_id, pieces)),
    moved AS (
      UPDATE stock s
      SET on_hand = s.on_hand + ${onHand} * m.pieces,
          reserved = s.reserved + ${reserved} * m.pieces
      FROM moves m
      WHERE s.sku_id = m.sku_id AND s.warehouse_id = m.warehouse_id)
    INSERT INTO stock_movements
      (sku_id, warehouse_id, kind, on_hand, reserved, order_id, session_id, refund)
    SELECT sku_id, warehouse_id, ${kind}, ${onHand} * pieces, ${reserved} * pieces,
           ${order ?? null}, ${session ?? null}, ${refund ?? ''}
    FROM moves`
}

/** Moves everything that an order has reserved. The caller has locked the shelves (`lockReserved`). */
export async function moveReserved(tx: Tx, order: OrderId, kind: 'released' | 'deducted'): Promise<void> {
  const { onHand, reserved } = changes[kind]
  await tx`
    WITH moves AS (
      SELECT sku_id, warehouse_id, reserved AS pieces
      FROM stock_movements
      WHERE order_id = ${order} AND kind = 'reserved'),
    moved AS (
      UPDATE stock s
      SET on_hand = s.on_hand + ${onHand} * m.pieces,
          reserved = s.reserved + ${reserved} * m.pieces
      FROM moves m
      WHERE s.sku_id = m.sku_id AND s.warehouse_id = m.warehouse_id)
    INSERT INTO stock_movements (sku_id, warehouse_id, kind, on_hand, reserved, order_id)
    SELECT sku_id, warehouse_id, ${kind}, ${onHand} * pieces, ${reserved} * pieces, ${order}
    FROM moves`
}

/**
 * Locks the shelves of which an order has reserved pieces, in the order of locks: by SKU, then by warehouse.
 */
export async function lockReserved(tx: Tx, order: OrderId): Promise<void> {
  await tx`
    SELECT 1
    FROM stock s
    JOIN stock_movements m ON m.sku_id = s.sku_id AND m.warehouse_id = s.warehouse_id
    WHERE m.order_id = ${order} AND m.kind = 'reserved'
    ORDER BY s.sku_id, s.warehouse_id
    FOR UPDATE OF s`
}
