import {
  CancellationScope,
  condition,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow'
import type { PaymentActivities } from '../activities/index.ts'
import type { OrderId } from '../domain/ids.ts'
import type { AttemptClosed } from '../services/payments/attempts/close.ts'
import { shownAs, withAttention } from './attention.ts'
import { localFirst } from './local-first.ts'
import { type OrderEnd, paymentsQueue } from './messages.ts'
import { type Signals, unlessPaid } from './signals.ts'

const closeOrder = localFirst('closeOrder', 'close and give everything back, unless an attempt is open')
const resolvePayment = localFirst('resolvePayment', 'resolve the payment that closing found')

/**
 * The race: a payment against the deadline or somebody's request to close. Payment wins a tie, also when the
 * timer fired first.
 * @see https://docs.temporal.io/develop/typescript/timers
 */
export async function paidOrClosed(signals: Signals, order: OrderId, payBy: number): Promise<OrderEnd> {
  setCurrentDetails(`Waiting for the payment until ${new Date(payBy).toISOString()}.`)
  const left = payBy - Date.now()
  if (left > 0) await condition(() => signals.paid || signals.cancelled !== undefined, left)
  return signals.paid ? settled() : await close(signals, order)
}

function settled(): OrderEnd {
  setCurrentDetails('Paid and settled: ready to ship.')
  return { status: 'to_ship' }
}

/** What asking the provider has come to: `foreign` and `unsettled` leave the attempt open. */
type Answer = 'paid' | 'ended' | 'foreign' | 'unsettled'

/**
 * Closes at the provider first, then here: `closeOrder` gives nothing back while an attempt is open, whatever
 * this workflow remembers. Money that was resolved before that wins; money after it goes back. Whatever an
 * answer is, no two rounds follow each other without a pause.
 */
async function close(signals: Signals, order: OrderId): Promise<OrderEnd> {
  const why = signals.cancelled ?? 'pay_timeout'
  let last: Answer | undefined
  for (let round = 0; ; round++) {
    const { status, openAttempt } = await closeOrder(order, why)
    if (status === 'to_ship') return settled()
    if (!openAttempt) {
      setCurrentDetails(`Closed (${why}). Everything that was reserved is for sale again.`)
      return { status }
    }
    if (last && (await paidWhileWaiting(signals, { order, round, last }))) return settled()
    last = await askProvider(signals, order)
    if (last === 'paid') return settled()
  }
}

/**
 * Ends the open attempt by its provider's word, unless the order is paid first. While that word is unknown, a
 * human is asked.
 */
async function askProvider(signals: Signals, order: OrderId): Promise<Answer> {
  setCurrentDetails('Closing: asking the payment provider before anything is given back.')
  const scope = new CancellationScope({ cancellable: true })
  const closing = scope.run(() => closePatiently(order))
  const closed = await unlessPaid(signals, closing)
  if (closed === 'paid') {
    scope.cancel()
    await closing.catch(() => {}) // Cancelled: the payment was faster.
    return 'paid'
  }
  if (closed.is === 'closed') return signals.paid ? 'paid' : 'ended'
  const outcome = await resolvePayment(order, closed.notification)
  if (outcome === 'paid') return 'paid'
  return outcome === 'attention' ? 'foreign' : 'unsettled'
}

type Round = { order: OrderId; round: number; last: Answer }

/**
 * The attempt is still open after an answer that should have ended it: the provider's money names an account
 * that is not ours (the resolver has asked a human), or something has come up that nobody foresaw. Everything
 * stays reserved. The provider is asked again after a pause that doubles from a minute up to an hour, or at
 * once when somebody requests the close again.
 */
async function paidWhileWaiting(signals: Signals, { order, round, last }: Round): Promise<boolean> {
  setCurrentDetails(
    last === 'foreign'
      ? 'The provider has money for this order, but not for the account that is configured. A human has to look.'
      : 'The attempt is still open after its provider was asked. A human has to look.',
  )
  const { closeRequests } = signals
  const wait = () =>
    condition(
      () => signals.paid || signals.closeRequests > closeRequests,
      Math.min(60_000 * 2 ** (round - 1), 3_600_000),
    )
  if (last === 'foreign') await shownAs('foreign_notification', wait)
  else await withAttention('close_unknown', order, wait)
  return signals.paid
}

/** Closes at the provider, for a minute quietly, then for however long it takes, with a human asked. */
async function closePatiently(order: OrderId): Promise<AttemptClosed> {
  const asking = { startToCloseTimeout: '15 s', taskQueue: paymentsQueue(workflowInfo().taskQueue) } as const
  const soon = proxyActivities<PaymentActivities>({
    ...asking,
    summary: 'close the attempt at its provider, then ask',
    retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '30 s', maximumAttempts: 7 },
  })
  const sometime = proxyActivities<PaymentActivities>({
    ...asking,
    summary: 'close the attempt at its provider, however long it takes',
    retry: { initialInterval: '30 s', backoffCoefficient: 1.5, maximumInterval: '10 min' },
  })
  try {
    return await soon.closeAttempt(order)
  } catch (error) {
    if (isCancellation(error)) throw error
  }
  return await withAttention('close_unknown', order, () => sometime.closeAttempt(order))
}
