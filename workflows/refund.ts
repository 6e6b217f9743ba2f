import { CancellationScope, proxyActivities, setCurrentDetails, workflowInfo } from '@temporalio/workflow'
import type { PaymentActivities } from '../activities/index.ts'
import type { RefundEnd } from '../services/payments/refunds/refund.ts'
import { paymentsQueue, type RefundInput } from './messages.ts'

/**
 * Sends money back until the provider's final word, in one activity that is tried without end: a bank card
 * takes days. Its number derives from its cause, so whoever finds the cause finds this one workflow. Money
 * that is owed is owed: a cancellation changes nothing. Whether a human has to look is decided from the rows,
 * by the jobs.
 * @see https://docs.temporal.io/encyclopedia/retry-policies
 */
export function refund({ number }: RefundInput): Promise<{ end: RefundEnd }> {
  return CancellationScope.nonCancellable(async () => {
    setCurrentDetails('Sending the money back.')
    const { refundAtProvider } = proxyActivities<PaymentActivities>({
      startToCloseTimeout: '15 s',
      taskQueue: paymentsQueue(workflowInfo().taskQueue),
      summary: 'send the money back, ask for the final word',
      retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '1 h' },
    })
    const end = await refundAtProvider(number)
    setCurrentDetails(detailsOf[end])
    return { end }
  })
}

const detailsOf: Record<RefundEnd, string> = {
  success: 'The money is back.',
  closed: 'The provider closed the refund: a human has to see to it.',
  abnormal: 'The provider could not make the refund: a human has to see to it.',
  replaced: 'Another refund carries this money.',
}
