import type { Sql, Tx } from '../../db/types.ts'
import type { OrderId } from '../../domain/ids.ts'
import type { OrderStatus } from '../../domain/order.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { giveBack } from '../flash-sales/offers.ts'
import type { Confirmed } from './confirm.ts'
import { undoPlacing } from './reserve.ts'
import { lockOrder, moveOrder } from './status.ts'

/**
 * Undoes every placing step, reached or not, and writes the refusal, in one transaction. An order that was
 * confirmed after all is left as it is, and its status is the answer. Repeated, it keeps the first refusal.
 */
export function rejectOrder(sql: Sql, order: OrderId, refusal: Refusal): Promise<Confirmed> {
  return sql.begin(async (tx) => {
    await lockOrder(tx, order)
    const also = tx`, closed_at = now(), refusal = ${JSON.stringify(refusal)}::jsonb`
    const rejected = await moveOrder(tx, { order, next: 'rejected', why: refusal.code, also })
    if (rejected) {
      await undoPlacing(tx, order)
      await giveBack(tx, order, { why: refusal.code })
    }
    return await standing(tx, order)
  })
}

async function standing(tx: Tx, order: OrderId): Promise<Confirmed> {
  const [row] = await tx<{ status: OrderStatus; payBy: Date | null }[]>`
    SELECT status, pay_by AS "payBy"
    FROM orders
    WHERE id = ${order}`
  if (!row) throw new Error(`order ${order} has no row to reject`)
  return { status: row.status, payBy: row.payBy?.getTime() ?? null }
}
