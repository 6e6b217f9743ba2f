import { CancellationScope, condition, setHandler } from '@temporalio/workflow'
import type { NotificationId, OrderId } from '../domain/ids.ts'
import type { ClosedWhy } from '../domain/order.ts'
import { cancel, notified } from './messages.ts'
import { sure } from './roads.ts'

const judge = sure('judge', 'judge a payment notification')

/** What reaches an order from outside. */
export type Life = {
  orderId: OrderId
  /** Notifications that have been signalled and not yet judged, each once. Signalled again after that, one is judged again: an operator may have asked for it. */
  inbox: NotificationId[]
  /** Somebody wants the order closed. */
  cancelled: ClosedWhy | undefined
}

/** Sets the handlers; called before anything is awaited, so that no signal can come too early. */
export function listen(orderId: OrderId): Life {
  const life: Life = { orderId, inbox: [], cancelled: undefined }
  setHandler(notified, (notification) => {
    if (!life.inbox.includes(notification)) life.inbox.push(notification)
  })
  setHandler(cancel, (why) => {
    life.cancelled ??= why
  })
  CancellationScope.current().cancelRequested.catch(() => {
    life.cancelled ??= 'operator_cancelled'
  })
  return life
}

/** Judges everything that has come in. True as soon as one of it paid the order; the rest is judged by the relay, from the rows. */
export async function judgeInbox(life: Life): Promise<boolean> {
  for (let next = life.inbox.shift(); next !== undefined; next = life.inbox.shift()) {
    if ((await judge(life.orderId, next)) === 'paid') return true
  }
  return false
}

/** Waits for `promise`, judging what comes in meanwhile. `paid` when the order was paid first. */
export async function unlessPaid<T>(life: Life, promise: Promise<T>): Promise<T | 'paid'> {
  let answered = false
  const answer = promise.finally(() => {
    answered = true
  })
  answer.catch(() => {}) // Awaited below, unless the order is paid first.
  for (;;) {
    await condition(() => answered || life.inbox.length > 0)
    if (await judgeInbox(life)) return 'paid'
    if (answered) return await answer
  }
}
