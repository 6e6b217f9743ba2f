import { pipelined } from '../../db/pipelined.ts'
import type { Tx } from '../../db/types.ts'
import type { OrderId } from '../../domain/ids.ts'

/** Counts the order's pieces as sold. The rows with the most traffic of all: last before COMMIT. */
export const countSales = (tx: Tx, order: OrderId): Promise<void> => addSales(tx, order, 1)

/** Counts them no more: the order was refunded whole. */
export const uncountSales = (tx: Tx, order: OrderId): Promise<void> => addSales(tx, order, -1)

async function addSales(tx: Tx, order: OrderId, sign: 1 | -1): Promise<void> {
  await pipelined(tx, [
    tx`
      SELECT 1
      FROM skus k
      JOIN order_lines l ON l.sku_id = k.id
      WHERE l.order_id = ${order}
      ORDER BY k.id
      FOR NO KEY UPDATE OF k`,
    tx`
      UPDATE skus k
      SET sales = k.sales + ${sign} * l.pieces
      FROM (
        SELECT sku_id, sum(quantity) AS pieces
        FROM order_lines
        WHERE order_id = ${order}
        GROUP BY sku_id) l
      WHERE l.sku_id = k.id`,
  ])
}
