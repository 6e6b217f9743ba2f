import { allHandlersFinished, CancellationScope, condition, setCurrentDetails } from '@temporalio/workflow'
import type { OrderInput } from '../domain/order-input.ts'
import type { OrderEnd } from './messages.ts'
import { paidOrClosed } from './paid-or-closed.ts'
import { placing } from './placing.ts'
import { listen, type Signals } from './signals.ts'

/**
 * One order, from its placing to its end. It is placed or refused; then it sleeps on its deadline, racing the
 * payment; then it is paid or closed. A cancellation from outside (Temporal's UI or CLI) is a request to
 * close, and goes the way of the deadline: nothing here can be broken off.
 */
export async function order(input: OrderInput): Promise<OrderEnd> {
  const signals = listen()
  return await CancellationScope.nonCancellable(async () => {
    const end = await live(signals, input)
    await condition(allHandlersFinished)
    return end
  })
}

async function live(signals: Signals, input: OrderInput): Promise<OrderEnd> {
  setCurrentDetails('Placing.')
  const placed = await placing(input)
  if (placed.status !== 'awaiting_payment' || placed.payBy === null) {
    if (placed.status === 'to_ship') setCurrentDetails('Nothing to wait for: ready to ship.')
    return { status: placed.status }
  }
  return await paidOrClosed(signals, input.orderId, placed.payBy)
}
