import { CancellationScope, condition, setHandler } from '@temporalio/workflow'
import type { ClosedWhy } from '../domain/order.ts'
import { cancel, paid } from './messages.ts'

/** What has reached an order from outside. */
export type Life = {
  /** The judge has settled its payment. */
  paid: boolean
  /** Somebody wants the order closed: why, at first, and how often it was said. */
  cancelled: ClosedWhy | undefined
  wishes: number
}

/** Sets the handlers; called before anything is awaited, so that no signal can come too early. */
export function listen(): Life {
  const life: Life = { paid: false, cancelled: undefined, wishes: 0 }
  setHandler(paid, () => {
    life.paid = true
  })
  setHandler(cancel, (why) => {
    life.cancelled ??= why
    life.wishes++
  })
  CancellationScope.current().cancelRequested.catch(() => {
    life.cancelled ??= 'operator_cancelled'
  })
  return life
}

/** Waits for `promise`; `paid` when the order was paid first. */
export const unlessPaid = <T>(life: Life, promise: Promise<T>): Promise<T | 'paid'> =>
  Promise.race([condition(() => life.paid).then(() => 'paid' as const), promise])
