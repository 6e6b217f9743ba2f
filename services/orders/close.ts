import { pipelined } from '../../db/pipelined.ts'
import type { Sql, Tx } from '../../db/types.ts'
import type { OrderId } from '../../domain/ids.ts'
import type { ClosedWhy, OrderStatus } from '../../domain/order.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { giveBack } from '../flash-sales/offers.ts'
import { type Confirmed, undoPlacing } from './place.ts'
import { lockOrder, moveOrder } from './status.ts'

/**
 * The order's status now, and whether an attempt may still bring its money: then nothing has been given back.
 */
export type Closing = { status: OrderStatus; openAttempt: boolean }

/**
 * Takes the order off the market (`closing`: no further attempts) and, when no attempt is open, undoes every
 * placing step and writes `closed` in the same transaction: the point of no return. With an attempt open it
 * stays `closing` until its provider has said the last word. Repeated, or too late (paid before), it says
 * what is. The first why stays.
 */
export function closeOrder(sql: Sql, order: OrderId, why: ClosedWhy): Promise<Closing> {
  return sql.begin(async (tx) => {
    // Only from here: what is paid and to be shipped is closed by a refund
    // (services/payments/refund-order.ts).
    const openAttempt = tx`EXISTS (
      SELECT 1
      FROM attempts a
      WHERE a.order_id = ${order} AND a.state IN ('opening', 'open'))`
    const noneOpen = tx`status = 'closing' AND NOT ${openAttempt}`
    const [, , ended, [row]] = await pipelined(tx, [
      lockOrder(tx, order),
      moveOrder(tx, { order, next: 'closing', why, also: tx`, closed_why = ${why}` }),
      moveOrder(tx, {
        order,
        next: 'closed',
        why: 'released',
        also: tx`, closed_at = now()`,
        only: noneOpen,
      }),
      tx<Closing[]>`
        SELECT status, ${openAttempt} AS "openAttempt"
        FROM orders
        WHERE id = ${order}`,
    ])
    if (!row) throw new Error(`order ${order} has no row to close`)
    if (ended) {
      await undoPlacing(tx, order)
      await giveBack(tx, order, { why, coolOff: why !== 'operator_cancelled' })
    }
    return row
  })
}

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
