import { CancellationScope, condition, setHandler } from '@temporalio/workflow'
import type { ClosedWhy } from '../domain/order.ts'
import { cancel, paid } from './messages.ts'

/** What has reached an order from outside. */
export type Signals = {
  /** Its payment has been resolved and settled. */
  paid: boolean
  /** Why somebody first wanted the order closed; undefined: nobody has. */
  cancelled: ClosedWhy | undefined
  /** How often somebody wanted it closed. */
  closeRequests: number
}

/** Sets the handlers; called before anything is awaited, so that no signal comes too early. */
export function listen(): Signals {
  const signals: Signals = { paid: false, cancelled: undefined, closeRequests: 0 }
  setHandler(paid, () => {
    signals.paid = true
  })
  setHandler(cancel, (why) => {
    signals.cancelled ??= why
    signals.closeRequests++
  })
  CancellationScope.current().cancelRequested.catch(() => {
    signals.cancelled ??= 'operator_cancelled'
  })
  return signals
}

/** Waits for `promise`; `paid` when the order was paid first. */
export const unlessPaid = <T>(signals: Signals, promise: Promise<T>): Promise<T | 'paid'> =>
  Promise.race([condition(() => signals.paid).then(() => 'paid' as const), promise])
