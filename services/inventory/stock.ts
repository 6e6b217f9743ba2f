import { pipelined } from '../../db/pipelined.ts'
import type { Tx } from '../../db/types.ts'
import type { OrderId, RefundNumber } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusals.ts'
import { allocateStock, type Shelf } from '../../domain/stock.ts'

/** Reserves every line or none (lines of one SKU together), preferring one warehouse for the whole order. Refuses with `out_of_stock`, naming the SKUs. */
export async function reserveStock(tx: Tx, order: OrderId): Promise<void> {
  const [shelves, wanted] = await pipelined(tx, [
    tx<Shelf[]>`
      SELECT s.sku_id::text AS sku, s.warehouse_id AS warehouse, s.on_hand - s.reserved AS free, (SELECT priority FROM warehouses w WHERE w.id = s.warehouse_id) AS priority
      FROM stock s WHERE s.sku_id IN (SELECT sku_id FROM order_lines WHERE order_id = ${order}) ORDER BY s.sku_id, s.warehouse_id FOR UPDATE OF s`,
    tx<{ sku: string; quantity: number }[]>`
      SELECT sku_id::text AS sku, sum(quantity)::int AS quantity FROM order_lines WHERE order_id = ${order} GROUP BY sku_id ORDER BY sku_id`,
  ])
  const { taken, short } = allocateStock(wanted, shelves)
  if (short.length > 0) refuse('out_of_stock', { skus: short })
  await tx`
    WITH taken AS (SELECT * FROM unnest(${taken.map((t) => t.sku)}::bigint[], ${taken.map((t) => t.warehouse)}::int[], ${taken.map((t) => t.pieces)}::int[])
                     AS t (sku_id, warehouse_id, pieces)),
    held AS (UPDATE stock s SET reserved = s.reserved + t.pieces FROM taken t WHERE s.sku_id = t.sku_id AND s.warehouse_id = t.warehouse_id)
    INSERT INTO stock_movements (sku_id, warehouse_id, kind, on_hand, reserved, order_id)
    SELECT sku_id, warehouse_id, 'reserved', 0, pieces, ${order} FROM taken`
}

/** Gives back what the order holds. */
export async function releaseStock(tx: Tx, order: OrderId): Promise<void> {
  await moveHeld(tx, order, 'released', 0, -1)
}

/** Takes what the order holds off the shelves: it is sold. */
export async function deductStock(tx: Tx, order: OrderId): Promise<void> {
  await moveHeld(tx, order, 'deducted', -1, -1)
}

/** Counts the order's pieces as sold. The hottest rows: last before COMMIT. */
export const countSales = (tx: Tx, order: OrderId): Promise<void> => addSales(tx, order, 1)

/** Counts them no more: the order was refunded whole. */
export const uncountSales = (tx: Tx, order: OrderId): Promise<void> => addSales(tx, order, -1)

async function addSales(tx: Tx, order: OrderId, sign: 1 | -1): Promise<void> {
  await pipelined(tx, [
    tx`SELECT 1 FROM skus k JOIN order_lines l ON l.sku_id = k.id WHERE l.order_id = ${order} ORDER BY k.id FOR UPDATE OF k`,
    tx`
      UPDATE skus k SET sales = k.sales + ${sign} * l.pieces
      FROM (SELECT sku_id, sum(quantity) AS pieces FROM order_lines WHERE order_id = ${order} GROUP BY sku_id) l WHERE l.sku_id = k.id`,
  ])
}

/** Refunded pieces are on the shelves again from which they were taken. */
export async function restock(
  tx: Tx,
  order: OrderId,
  refund: RefundNumber,
  lines: readonly { line: number; quantity: number }[],
): Promise<void> {
  const [, shelves] = await pipelined(tx, [
    tx`
      SELECT 1 FROM stock s JOIN stock_movements m ON m.sku_id = s.sku_id AND m.warehouse_id = s.warehouse_id
      WHERE m.order_id = ${order} AND m.kind = 'deducted' ORDER BY s.sku_id, s.warehouse_id FOR UPDATE OF s`,
    tx<{ sku: string; warehouse: number; taken: number }[]>`
      SELECT sku_id::text AS sku, warehouse_id AS warehouse, -sum(on_hand)::int AS taken FROM stock_movements
      WHERE order_id = ${order} AND kind IN ('deducted', 'refunded') GROUP BY sku_id, warehouse_id ORDER BY sku_id, warehouse_id`,
  ])
  const wanted = await tx<{ sku: string; pieces: number }[]>`
    SELECT l.sku_id::text AS sku, sum(w.quantity)::int AS pieces
    FROM unnest(${lines.map(({ line }) => line)}::int[], ${lines.map(({ quantity }) => quantity)}::int[]) AS w (line, quantity)
    JOIN order_lines l ON l.order_id = ${order} AND l.line = w.line GROUP BY l.sku_id ORDER BY l.sku_id`
  const back = wanted.flatMap(({ sku, pieces }) => {
    let left = pieces
    return shelves.flatMap((shelf) => {
      const here = shelf.sku === sku ? Math.min(left, shelf.taken) : 0
      left -= here
      return here > 0 ? [{ ...shelf, pieces: here }] : []
    })
  })
  await tx`
    WITH back AS (SELECT * FROM unnest(${back.map((b) => b.sku)}::bigint[], ${back.map((b) => b.warehouse)}::int[], ${back.map((b) => b.pieces)}::int[])
                    AS b (sku_id, warehouse_id, pieces)),
    put AS (UPDATE stock s SET on_hand = s.on_hand + b.pieces FROM back b WHERE s.sku_id = b.sku_id AND s.warehouse_id = b.warehouse_id)
    INSERT INTO stock_movements (sku_id, warehouse_id, kind, on_hand, reserved, order_id, refund)
    SELECT sku_id, warehouse_id, 'refunded', pieces, 0, ${order}, ${refund} FROM back`
}

/** Locks the rows in order first; the change is a later statement of the same pipeline. */
async function moveHeld(
  tx: Tx,
  order: OrderId,
  kind: 'released' | 'deducted',
  onHand: number,
  reserved: number,
): Promise<void> {
  await pipelined(tx, [
    tx`
      SELECT 1 FROM stock s JOIN stock_movements m ON m.sku_id = s.sku_id AND m.warehouse_id = s.warehouse_id
      WHERE m.order_id = ${order} AND m.kind = 'reserved' ORDER BY s.sku_id, s.warehouse_id FOR UPDATE OF s`,
    tx`
      WITH held AS (SELECT sku_id, warehouse_id, reserved AS pieces FROM stock_movements WHERE order_id = ${order} AND kind = 'reserved'),
      moved AS (
        UPDATE stock s SET on_hand = s.on_hand + ${onHand} * h.pieces, reserved = s.reserved + ${reserved} * h.pieces
        FROM held h WHERE s.sku_id = h.sku_id AND s.warehouse_id = h.warehouse_id)
      INSERT INTO stock_movements (sku_id, warehouse_id, kind, on_hand, reserved, order_id)
      SELECT sku_id, warehouse_id, ${kind}, ${onHand} * pieces, ${reserved} * pieces, ${order} FROM held`,
  ])
}
