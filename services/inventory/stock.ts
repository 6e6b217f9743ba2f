import { pipelined } from '../../db/pipelined.ts'
import type { Tx } from '../../db/types.ts'
import type { OrderId, RefundNumber } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusals.ts'
import { type Allocation, allocateStock, type Shelf } from '../../domain/stock.ts'
import { lockReserved, moveReserved, moveShelves } from './shelves.ts'

/**
 * Reserves every line of an order or none (lines of one SKU together), from one warehouse for the whole order
 * where that can be.
 * @throws {Refused} out_of_stock, naming the SKUs
 */
export async function reserveStock(tx: Tx, order: OrderId): Promise<void> {
  const [shelves, wanted] = await pipelined(tx, [
    tx<Shelf[]>`
      SELECT s.sku_id::text AS sku,
             s.warehouse_id AS warehouse,
             s.on_hand - s.reserved AS free,
             (SELECT priority FROM warehouses w WHERE w.id = s.warehouse_id) AS priority
      FROM stock s
      WHERE s.sku_id IN (SELECT sku_id FROM order_lines WHERE order_id = ${order})
      ORDER BY s.sku_id, s.warehouse_id
      FOR UPDATE OF s`,
    tx<{ sku: string; quantity: number }[]>`
      SELECT sku_id::text AS sku, sum(quantity)::int AS quantity
      FROM order_lines
      WHERE order_id = ${order}
      GROUP BY sku_id
      ORDER BY sku_id`,
  ])
  const { allocations, short } = allocateStock(wanted, shelves)
  if (short.length > 0) refuse('out_of_stock', { skus: short })
  await moveShelves(tx, allocations, { kind: 'reserved', order })
}

/** Undoes `reserveStock`. */
export async function releaseStock(tx: Tx, order: OrderId): Promise<void> {
  await pipelined(tx, [lockReserved(tx, order), moveReserved(tx, order, 'released')])
}

/** Takes what the order has reserved off the shelves: it is sold. */
export async function deductStock(tx: Tx, order: OrderId): Promise<void> {
  await pipelined(tx, [lockReserved(tx, order), moveReserved(tx, order, 'deducted')])
}

/** Pieces of an order's lines that a refund puts back. */
export type Restocking = {
  order: OrderId
  refund: RefundNumber
  lines: readonly { line: number; quantity: number }[]
}

/** Puts refunded pieces back on the shelves from which they were taken. */
export async function restock(tx: Tx, { order, refund, lines }: Restocking): Promise<void> {
  const [, shelves, wanted] = await pipelined(tx, [
    lockReserved(tx, order),
    tx<Allocation[]>`
      SELECT sku_id::text AS sku, warehouse_id AS warehouse, -sum(on_hand)::int AS pieces
      FROM stock_movements
      WHERE order_id = ${order} AND kind IN ('deducted', 'refunded')
      GROUP BY sku_id, warehouse_id
      ORDER BY sku_id, warehouse_id`,
    tx<{ sku: string; quantity: number }[]>`
      SELECT l.sku_id::text AS sku, sum(w.quantity)::int AS quantity
      FROM unnest(
        ${lines.map(({ line }) => line)}::int[],
        ${lines.map(({ quantity }) => quantity)}::int[]) AS w (line, quantity)
      JOIN order_lines l ON l.order_id = ${order} AND l.line = w.line
      GROUP BY l.sku_id
      ORDER BY l.sku_id`,
  ])
  const taken = shelves.map(({ sku, warehouse, pieces }) => ({ sku, warehouse, priority: 0, free: pieces }))
  const { allocations, short } = allocateStock(wanted, taken)
  if (short.length > 0) throw new Error(`order ${order} has not taken so many pieces of ${short}`)
  await moveShelves(tx, allocations, { kind: 'refunded', order, refund })
}
