import type { Sql } from '../db/client.ts'
import { lockOrder, moveOrder } from '../db/order-status.ts'
import type { OrderId } from '../domain/ids.ts'
import type { ClosedWhy, OrderStatus } from '../domain/order.ts'
import type { Refusal } from '../domain/refusals.ts'
import { type Confirmed, undoPlacing } from './placing.ts'

/** What closing found: the order's status now, and whether a payment may still come in by an attempt that is not ended. */
export type Closing = { status: OrderStatus; openAttempt: boolean }

/** Takes the order off the market: no further attempts. Repeated, or too late, it says what is. */
export function beginClosing(sql: Sql, order: OrderId, why: ClosedWhy): Promise<Closing> {
  return sql.begin(async (tx) => {
    await lockOrder(tx, order)
    await moveOrder(tx, order, 'closing', why, tx`, closed_why = ${why}`)
    const [row] = await tx<Closing[]>`
      SELECT status, EXISTS (SELECT 1 FROM attempts WHERE order_id = ${order} AND state IN ('opening', 'open')) AS "openAttempt"
      FROM orders WHERE id = ${order}`
    if (!row) throw new Error(`order ${order} has no row to close`)
    return row
  })
}

/** How an order ends without having been sold. */
export type Release = { end: 'rejected'; refusal: Refusal } | { end: 'closed' }

/**
 * One transaction that undoes every placing step and writes the order's end: the point of no return. An order that may not end so (it was
 * confirmed after all, or money was judged before) is left as it is, and its status is the answer.
 */
export function releaseOrder(sql: Sql, order: OrderId, release: Release): Promise<Confirmed> {
  return sql.begin(async (tx) => {
    await lockOrder(tx, order)
    const refusal = release.end === 'rejected' ? release.refusal : undefined
    const said = refusal ? JSON.stringify(refusal) : null
    const ended = await moveOrder(tx, order, release.end, refusal?.code ?? 'released', tx`, closed_at = now(), refusal = ${said}::jsonb`)
    if (ended) await undoPlacing(tx, order)
    const [row] = await tx<{ status: OrderStatus; payBy: Date | null }[]>`SELECT status, pay_by AS "payBy" FROM orders WHERE id = ${order}`
    if (!row) throw new Error(`order ${order} has no row to release`)
    return { status: row.status, payBy: row.payBy?.getTime() ?? null }
  })
}
