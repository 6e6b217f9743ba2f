import {
  CancellationScope,
  proxyActivities,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import type { PaymentActivities } from '../activities/index.ts'
import type { RefundEnd } from '../services/payments/send-refund.ts'
import { localFirst } from './local-first.ts'
import { attentionReason, paymentsQueue, type RefundInput } from './messages.ts'

const raiseAttention = localFirst('raiseAttention', 'ask a human to look')

/**
 * Sends money back until the provider's final word. Its number derives from its cause, so whoever finds the cause finds this one workflow.
 * Money that is owed is owed: a cancellation changes nothing.
 */
export function refund({ number }: RefundInput): Promise<{ end: RefundEnd }> {
  return CancellationScope.nonCancellable(() => sendBack(number))
}

async function sendBack(number: RefundInput['number']): Promise<{ end: RefundEnd }> {
  setCurrentDetails('Sending the money back.')
  const end = await patiently(number)
  setCurrentDetails(
    end === 'success'
      ? 'The money is back.'
      : `The provider ended it as \`${end}\`: a human has to see to it.`,
  )
  if (end !== 'success') upsertSearchAttributes([{ key: attentionReason, value: 'refund_failed' }])
  return { end }
}

async function patiently(number: RefundInput['number']): Promise<RefundEnd> {
  const asking = { startToCloseTimeout: '15 s', taskQueue: paymentsQueue(workflowInfo().taskQueue) } as const
  const soon = proxyActivities<PaymentActivities>({
    ...asking,
    summary: 'send the money back, ask for the final word',
    retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '1 min', maximumAttempts: 12 },
  })
  const sometime = proxyActivities<PaymentActivities>({
    ...asking,
    summary: 'send the money back, however long it takes',
    retry: { initialInterval: '1 min', backoffCoefficient: 2, maximumInterval: '1 h' },
  })
  try {
    return await soon.refundAtProvider(number)
  } catch {} // The provider has not said its final word in six minutes.
  upsertSearchAttributes([{ key: attentionReason, value: 'refund_stuck' }])
  await raiseAttention('refund_stuck', number, null)
  const end = await sometime.refundAtProvider(number)
  upsertSearchAttributes([{ key: attentionReason, value: null }])
  return end
}
