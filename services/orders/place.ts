import { pipelined } from '../../db/pipelined.ts'
import type { Sql, Tx } from '../../db/types.ts'
import type { OrderId } from '../../domain/ids.ts'
import type { OrderStatus, PlacingStep } from '../../domain/order.ts'
import type { OrderInput } from '../../domain/order-input.ts'
import { Refused } from '../../domain/refusals.ts'
import { takeOffer, untakeOffer } from '../flash-sales/offers.ts'
import { lockCoupon, unlockCoupon } from '../inventory/coupons.ts'
import { returnPoints, spendPoints } from '../inventory/points.ts'
import { releaseStock, reserveStock } from '../inventory/stock.ts'
import { creditBalance, debitBalance } from '../inventory/wallet.ts'
import { type Opened, openOrder } from './open.ts'
import { settle } from './settle.ts'
import { moveOrder } from './status.ts'
import { claimAll, once, undoAll } from './steps.ts'

type Effect = (tx: Tx, order: OrderId) => Promise<void>

/** The steps that reserve something, each beside its undo. */
const effects: Record<Exclude<PlacingStep, 'confirm'>, { forward: Effect; undo: Effect }> = {
  reserve_stock: { forward: reserveStock, undo: releaseStock },
  take_offer: { forward: takeOffer, undo: untakeOffer },
  lock_coupon: { forward: lockCoupon, undo: unlockCoupon },
  debit_balance: { forward: debitBalance, undo: creditBalance },
  spend_points: { forward: spendPoints, undo: returnPoints },
}
export type ReservingStep = keyof typeof effects

/** Opens the order in a transaction of its own: the first of the single steps. */
export const openAlone = (sql: Sql, input: OrderInput, runId: string): Promise<Opened> =>
  sql.begin((tx) => openOrder(tx, { input, runId }))

/** Does one placing step, at most once. Throws its refusal, or `StepUndone`. */
export async function placeStep(sql: Sql, order: OrderId, step: ReservingStep): Promise<void> {
  await sql.begin((tx) => once(tx, order, step, () => effects[step].forward(tx, order)))
}

/** The reserving steps that this order needs, in their order. */
const stepsOf = ({ session, couponId, balance, points }: OrderInput): ReservingStep[] => [
  session === undefined ? 'reserve_stock' : 'take_offer',
  ...(couponId === undefined ? [] : ['lock_coupon' as const]),
  ...(balance === '0' ? [] : ['debit_balance' as const]),
  ...(points === '0' ? [] : ['spend_points' as const]),
]

/**
 * The fast path: opens, reserves and confirms the order in one transaction, so that a refusal has nothing to
 * undo; it is written as the order's row and answered as `rejected`. Undefined when the row was there before,
 * unfinished: then only the single steps know how to go on.
 */
export async function placeInOneTransaction(
  sql: Sql,
  input: OrderInput,
  runId: string,
): Promise<Confirmed | undefined> {
  try {
    return await sql.begin(async (tx) => {
      const opened = await openOrder(tx, { input, runId })
      if (!opened.mine || opened.status === 'rejected') return { status: opened.status, payBy: null }
      if (!opened.fresh) return undefined
      const steps = stepsOf(input)
      await pipelined(tx, [
        claimAll(tx, input.orderId, [...steps, 'confirm']),
        inTurn(tx, input.orderId, steps),
      ])
      return await confirm(tx, input.orderId, input.payWithinMs)
    })
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const { refusal } = error
    const { status } = await sql.begin((tx) => openOrder(tx, { input, runId, refusal }))
    return { status, payBy: null }
  }
}

async function inTurn(tx: Tx, order: OrderId, steps: readonly ReservingStep[]): Promise<void> {
  for (const step of steps) await effects[step].forward(tx, order)
}

/**
 * Undoes every placing step of the order, reached or not; part of the transaction that writes the order's
 * end. Not in reverse: within one transaction only the order of locks counts, and placing takes stock,
 * coupon, wallet, points.
 */
export async function undoPlacing(tx: Tx, order: OrderId): Promise<void> {
  for (const step of await undoAll(tx, order)) {
    if (step !== 'confirm') await effects[step].undo(tx, order)
  }
}

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
    await once(tx, order, 'confirm', async () => {
      confirmed = await confirm(tx, order, payWithinMs)
    })
    return confirmed
  })
}

/** The effect of `confirm`, under the row's lock. */
async function confirm(tx: Tx, order: OrderId, payWithinMs: number): Promise<Confirmed> {
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
