import { CancellationScope, condition, setHandler } from '@temporalio/workflow'
import type { ClosedWhy } from '../domain/order.ts'
import { cancel, paid } from './messages.ts'

/** What has reached an order from outside. */
export type Signals = {
  /** The resolver has settled its payment. */
  paid: boolean
  /** Somebody wants the order closed: why, at first, and how often it was said. */
  cancelled: ClosedWhy | undefined
  wishes: number
}

/** Sets the handlers; called before anything is awaited, so that no signal can come too early. */
export function listen(): Signals {
  const signals: Signals = { paid: false, cancelled: undefined, wishes: 0 }
  setHandler(paid, () => {
    signals.paid = true
  })
  setHandler(cancel, (why) => {
    signals.cancelled ??= why
    signals.wishes++
  })
  CancellationScope.current().cancelRequested.catch(() => {
    signals.cancelled ??= 'operator_cancelled'
  })
  return signals
}

/** Waits for `promise`; `paid` when the order was paid first. */
export const unlessPaid = <T>(signals: Signals, promise: Promise<T>): Promise<T | 'paid'> =>
  Promise.race([condition(() => signals.paid).then(() => 'paid' as const), promise])
