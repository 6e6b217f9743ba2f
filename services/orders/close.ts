import { pipelined } from '../../db/pipelined.ts'
import type { Sql } from '../../db/types.ts'
import type { OrderId } from '../../domain/ids.ts'
import type { ClosedWhy, OrderStatus } from '../../domain/order.ts'
import { giveBack } from '../flash-sales/offers.ts'
import { undoPlacing } from './reserve.ts'
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
    // Only from here: what is paid and to be shipped is closed by a refund (refund-order.ts), never by a
    // cancellation.
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
