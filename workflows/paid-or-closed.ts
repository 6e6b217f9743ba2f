import {
  CancellationScope,
  condition,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import type { PaymentActivities } from '../activities/index.ts'
import type { OrderId } from '../domain/ids.ts'
import type { AttemptClosed } from '../services/payments/close-attempt.ts'
import { localFirst } from './local-first.ts'
import { attentionReason, type OrderEnd, paymentsQueue } from './messages.ts'
import { type Signals, unlessPaid } from './signals.ts'

const closeOrder = localFirst('closeOrder', 'close and give everything back, unless an attempt is open')
const resolvePayment = localFirst('resolvePayment', 'resolvePayment what closing found')
const raiseAttention = localFirst('raiseAttention', 'ask a human to look')
const clearAttention = localFirst('clearAttention', 'a human need not look any more')

/** The race: a payment against the deadline or somebody's wish to close. Payment wins a tie, also when the timer fired first. */
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

/**
 * Closes at the provider first, then here: `closeOrder` gives nothing back while an attempt is open, whatever is remembered here. Money that
 * was resolved before that wins; money after it goes back.
 */
async function close(signals: Signals, order: OrderId): Promise<OrderEnd> {
  const why = signals.cancelled ?? 'pay_timeout'
  for (;;) {
    const { status, openAttempt } = await closeOrder(order, why)
    if (status === 'to_ship') return settled()
    if (!openAttempt) {
      setCurrentDetails(`Closed (${why}). Everything that was reserved is for sale again.`)
      return { status }
    }
    if (await paidMeanwhile(signals, order)) return settled()
  }
}

/** Ends the open attempt by its provider's word, unless the order is paid first. While that word is unknown, a human is asked and nothing happens. */
async function paidMeanwhile(signals: Signals, order: OrderId): Promise<boolean> {
  setCurrentDetails('Closing: asking the payment provider before anything is given back.')
  const scope = new CancellationScope({ cancellable: true })
  const closing = scope.run(() => closePatiently(order))
  const answer = await unlessPaid(signals, closing)
  if (answer === 'paid') {
    scope.cancel()
    await closing.catch(() => {}) // Cancelled: the payment was faster.
    return true
  }
  if (answer.is === 'closed') return signals.paid
  const outcome = await resolvePayment(order, answer.notification)
  return outcome === 'attention' ? await untilHumansHaveActed(signals) : outcome === 'paid'
}

/** The provider has the buyer's money and names an account that is not ours: a human corrects that, or gives it back there. Until then nothing is released. */
async function untilHumansHaveActed(signals: Signals): Promise<boolean> {
  setCurrentDetails(
    'The provider has money for this order, but not for the account that is configured. A human has to look; everything stays reserved.',
  )
  upsertSearchAttributes([{ key: attentionReason, value: 'foreign_notification' }])
  const { wishes } = signals
  await condition(() => signals.paid || signals.wishes > wishes, '1 h') // Then the provider is asked again.
  upsertSearchAttributes([{ key: attentionReason, value: null }])
  return signals.paid
}

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
  upsertSearchAttributes([{ key: attentionReason, value: 'close_unknown' }])
  await raiseAttention('close_unknown', order, order)
  try {
    return await sometime.closeAttempt(order)
  } finally {
    await CancellationScope.nonCancellable(async () => {
      await clearAttention('close_unknown', order)
      upsertSearchAttributes([{ key: attentionReason, value: null }])
    })
  }
}
