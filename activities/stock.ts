import type { Tx } from '../db/client.ts'
import type { OrderId } from '../domain/ids.ts'
import { refuse } from '../domain/refusals.ts'
import { allocateStock, type Shelf } from '../domain/stock.ts'

/** Reserves every line or none (lines of one SKU together), preferring one warehouse for the whole order. Refuses with `out_of_stock`, naming the SKUs. */
export async function reserveStock(tx: Tx, order: OrderId): Promise<void> {
  const [shelves, wanted] = await Promise.all([
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
export async function countSales(tx: Tx, order: OrderId): Promise<void> {
  await Promise.all([
    tx`SELECT 1 FROM skus k JOIN order_lines l ON l.sku_id = k.id WHERE l.order_id = ${order} ORDER BY k.id FOR UPDATE OF k`,
    tx`
      UPDATE skus k SET sales = k.sales + l.pieces
      FROM (SELECT sku_id, sum(quantity) AS pieces FROM order_lines WHERE order_id = ${order} GROUP BY sku_id) l WHERE l.sku_id = k.id`,
  ])
}

/** Locks the rows in order first; the change is a later statement of the same pipeline. */
async function moveHeld(tx: Tx, order: OrderId, kind: 'released' | 'deducted', onHand: number, reserved: number): Promise<void> {
  await Promise.all([
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
