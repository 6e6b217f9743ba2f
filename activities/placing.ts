import type { Sql, Tx } from '../db/client.ts'
import { moveOrder } from '../db/order-status.ts'
import { once, undoAll } from '../db/steps.ts'
import type { OrderId } from '../domain/ids.ts'
import type { OrderStatus, PaymentMethod, PlacingStep } from '../domain/order.ts'
import { lockCoupon, unlockCoupon } from './coupons.ts'
import { returnPoints, spendPoints } from './points.ts'
import { settle } from './settle.ts'
import { releaseStock, reserveStock } from './stock.ts'
import { creditBalance, debitBalance } from './wallets.ts'

type Effect = (tx: Tx, order: OrderId) => Promise<void>

/** The steps that reserve something, each beside its undo. */
const effects: Record<Exclude<PlacingStep, 'confirm'>, { forward: Effect; undo: Effect }> = {
  reserve_stock: { forward: reserveStock, undo: releaseStock },
  lock_coupon: { forward: lockCoupon, undo: unlockCoupon },
  debit_balance: { forward: debitBalance, undo: creditBalance },
  spend_points: { forward: spendPoints, undo: returnPoints },
}
export type ReservingStep = keyof typeof effects

/** Does one placing step, at most once. Throws its refusal, or `StepUndone`. */
export async function placeStep(sql: Sql, order: OrderId, step: ReservingStep): Promise<void> {
  await sql.begin((tx) => once(tx, order, step, () => effects[step].forward(tx, order)))
}

/** Undoes every placing step of the order, reached or not, in reverse; part of the transaction that writes the order's end. */
export async function undoPlacing(tx: Tx, order: OrderId): Promise<void> {
  for (const step of await undoAll(tx, order)) {
    if (step !== 'confirm') await effects[step].undo(tx, order)
  }
}

/** Where the order stands after `confirm`, and until when it can be paid (ms since 1970; null: nothing to wait for). */
export type Confirmed = { status: OrderStatus; payBy: number | null }

/**
 * Ends the placing: `awaiting_payment` with a deadline, or `to_ship` where nothing is due or cash is paid on delivery; those settle at once.
 * From its commit on the order is the buyer's, whatever the caller remembers; repeated, it answers what was stored.
 */
export function confirmOrder(sql: Sql, order: OrderId, payWithinMs: number): Promise<Confirmed> {
  return sql.begin(async (tx) => {
    const [row] = await tx<{ status: OrderStatus; payBy: Date | null; due: bigint; payment: PaymentMethod }[]>`
      SELECT status, pay_by AS "payBy", due_fen AS due, payment FROM orders WHERE id = ${order} FOR UPDATE`
    if (!row) throw new Error(`order ${order} has no row to confirm`)
    let confirmed: Confirmed = { status: row.status, payBy: row.payBy?.getTime() ?? null }
    await once(tx, order, 'confirm', async () => {
      confirmed = row.payment === 'online' && row.due > 0n ? await awaitPayment(tx, order, payWithinMs) : await toShip(tx, order, row.due)
    })
    return confirmed
  })
}

async function awaitPayment(tx: Tx, order: OrderId, payWithinMs: number): Promise<Confirmed> {
  const now = new Date()
  const payBy = new Date(now.getTime() + payWithinMs)
  await mustMove(moveOrder(tx, order, 'awaiting_payment', 'confirmed', tx`, confirmed_at = ${now}, pay_by = ${payBy}`))
  return { status: 'awaiting_payment', payBy: payBy.getTime() }
}

async function toShip(tx: Tx, order: OrderId, due: bigint): Promise<Confirmed> {
  const money = due === 0n ? 'paid' : 'on_delivery'
  const now = new Date()
  const paidAt = money === 'paid' ? now : null
  await mustMove(moveOrder(tx, order, 'to_ship', money, tx`, confirmed_at = ${now}, pay_state = ${money}, paid_at = ${paidAt}`))
  await settle(tx, order, money)
  return { status: 'to_ship', payBy: null }
}

/** Under the row's lock, a first confirmation always finds `placing`; anything else is a bug, and rolls back. */
async function mustMove(moving: Promise<boolean>): Promise<void> {
  if (!(await moving)) throw new Error('a first confirmation found an order that is not being placed')
}
