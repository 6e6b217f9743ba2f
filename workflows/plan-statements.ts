import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import { ParentClosePolicy, proxyActivities, startChild, workflowInfo } from '@temporalio/workflow'
import type { PaymentActivities } from '../activities/index.ts'
import { reconcileWorkflowId } from '../domain/ids.ts'
import { localFirst } from './local-first.ts'
import { paymentsQueue, type ReconcileInput } from './messages.ts'
import { reconcile } from './reconcile.ts'

const raiseAttention = localFirst('raiseAttention', 'ask a human to look')
const clearAttention = localFirst('clearAttention', 'a human need not look any more')

/** What attention about the plan itself is about: there is one plan. */
const subject = 'statements'

/**
 * Starts `reconcile-<provider>-<date>` for each statement that has not been matched: yesterday's, and those
 * of days on which nobody came to it. Run by a Schedule, which names its own workflows; so these are
 * children, which outlive it. While it is not known which ones wait, the Schedule starts no other plan, so a
 * human is asked after ten minutes.
 */
export async function planStatements(): Promise<{ started: number }> {
  let started = 0
  for (const of of await toReconcile()) {
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

/** The statements that wait; asked for until there is an answer. */
async function toReconcile(): Promise<ReconcileInput[]> {
  const options = {
    startToCloseTimeout: '10 s',
    taskQueue: paymentsQueue(workflowInfo().taskQueue),
    retry: { maximumInterval: '1 min' },
  } as const
  const soon = proxyActivities<PaymentActivities>({ ...options, scheduleToCloseTimeout: '10 min' })
  try {
    return await soon.statementsToReconcile(Date.now())
  } catch {
    await raiseAttention('statements_unplanned', subject, null)
    const found = await proxyActivities<PaymentActivities>(options).statementsToReconcile(Date.now())
    await clearAttention('statements_unplanned', subject)
    return found
  }
}
