import type { Sql, Tx } from '../../db/types.ts'
import type { OrderId } from '../../domain/ids.ts'
import type { PlacingStep } from '../../domain/order.ts'
import type { OrderInput } from '../../domain/order-input.ts'
import { takeOffer, untakeOffer } from '../flash-sales/offers.ts'
import { lockCoupon, unlockCoupon } from '../inventory/coupons.ts'
import { returnPoints, spendPoints } from '../inventory/points.ts'
import { releaseStock, reserveStock } from '../inventory/stock.ts'
import { creditBalance, debitBalance } from '../inventory/wallet.ts'
import { once, undoAll } from './steps.ts'

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

/** Does one placing step, at most once. Throws its refusal, or `StepUndone`. */
export async function placeStep(sql: Sql, order: OrderId, step: ReservingStep): Promise<void> {
  await sql.begin((tx) => once(tx, { order, step }, () => effects[step].forward(tx, order)))
}

/** The reserving steps that this order needs, in the order in which they take their locks. */
export const stepsOf = ({ session, couponId, balance, points }: OrderInput): ReservingStep[] => [
  session === undefined ? 'reserve_stock' : 'take_offer',
  ...(couponId === undefined ? [] : ['lock_coupon' as const]),
  ...(balance === '0' ? [] : ['debit_balance' as const]),
  ...(points === '0' ? [] : ['spend_points' as const]),
]

/** Does these steps, one after the other, in the caller's transaction. The caller has claimed them. */
export async function reserveInTurn(tx: Tx, order: OrderId, steps: readonly ReservingStep[]): Promise<void> {
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
