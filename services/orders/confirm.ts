import type { Sql, Tx } from '../../db/types.ts'
import type { OrderId } from '../../domain/ids.ts'
import type { OrderStatus } from '../../domain/order.ts'
import { settle } from './settle.ts'
import { moveOrder } from './status.ts'
import { once } from './steps.ts'

/**
 * Where the order stands after `confirm`, and until when it can be paid (ms since 1970; null: nothing to wait
 * for).
 */
export type Confirmed = { status: OrderStatus; payBy: number | null }

/**
 * Ends the placing: `awaiting_payment` with a deadline, or `to_ship` where nothing is due or cash is paid on
 * delivery; those settle at once. From its commit on the order is the buyer's, whatever the caller remembers;
 * repeated, it answers what was stored.
 */
export function confirmOrder(sql: Sql, order: OrderId, payWithinMs: number): Promise<Confirmed> {
  return sql.begin(async (tx) => {
    const [row] = await tx<{ status: OrderStatus; payBy: Date | null }[]>`
      SELECT status, pay_by AS "payBy"
      FROM orders
      WHERE id = ${order}
      FOR UPDATE`
    if (!row) throw new Error(`order ${order} has no row to confirm`)
    let confirmed: Confirmed = { status: row.status, payBy: row.payBy?.getTime() ?? null }
    await once(tx, { order, step: 'confirm' }, async () => {
      confirmed = await confirm(tx, order, payWithinMs)
    })
    return confirmed
  })
}

/** The effect of `confirm`, under the row's lock, or in the transaction that has written the row. */
export async function confirm(tx: Tx, order: OrderId, payWithinMs: number): Promise<Confirmed> {
  const now = new Date()
  const payBy = new Date(now.getTime() + payWithinMs)
  const waits = await moveOrder(tx, {
    order,
    next: 'awaiting_payment',
    why: 'confirmed',
    also: tx`, confirmed_at = ${now}, pay_by = ${payBy}`,
    only: tx`payment = 'online' AND due_fen > 0`,
  })
  if (waits) return { status: 'awaiting_payment', payBy: payBy.getTime() }
  const paid = await moveOrder(tx, {
    order,
    next: 'to_ship',
    why: 'paid',
    also: tx`, confirmed_at = ${now}, pay_state = 'paid', paid_at = ${now}`,
    only: tx`due_fen = 0`,
  })
  const also = tx`, confirmed_at = ${now}, pay_state = 'on_delivery'`
  const ships = paid || (await moveOrder(tx, { order, next: 'to_ship', why: 'on_delivery', also }))
  if (!ships) throw new Error(`order ${order} is not being placed, and was never confirmed`)
  await settle(tx, order, paid ? 'paid' : 'on_delivery')
  return { status: 'to_ship', payBy: null }
}
