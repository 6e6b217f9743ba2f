import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import { ParentClosePolicy, proxyActivities, startChild, workflowInfo } from '@temporalio/workflow'
import type { PaymentActivities } from '../activities/index.ts'
import { reconcileWorkflowId } from '../domain/ids.ts'
import { paymentsQueue } from './messages.ts'
import { reconcile } from './reconcile.ts'

/**
 * Starts `reconcile-<provider>-<date>` for each statement that has not been matched: yesterday's, and those of days on which nobody came to it.
 * Run by a Schedule, which names its own workflows; so these are children, which outlive it.
 */
export async function planStatements(): Promise<{ started: number }> {
  const { statementsToReconcile } = proxyActivities<PaymentActivities>({
    startToCloseTimeout: '10 s',
    taskQueue: paymentsQueue(workflowInfo().taskQueue),
    retry: { maximumInterval: '1 min' },
  })
  let started = 0
  for (const of of await statementsToReconcile(Date.now())) {
    try {
      await startChild(reconcile, {
        args: [of],
        workflowId: reconcileWorkflowId(of),
        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: `statement of ${of.provider}, ${of.date}`,
      })
      started++
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    }
  }
  return { started }
}
