import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import { ParentClosePolicy, proxyActivities, startChild } from '@temporalio/workflow'
import type { SessionActivities } from '../activities/index.ts'
import { sessionWorkflowId } from '../domain/ids.ts'
import { session } from './session.ts'

const { planDay } = proxyActivities<SessionActivities>({
  startToCloseTimeout: '10 s',
  retry: { maximumInterval: '1 min' },
})

/**
 * Plans the day's sessions and starts `session-<slot>` for each that has no workflow. Run by a Schedule,
 * which names its own workflows and skips overlaps: so the sessions are children, which may overlap and
 * outlive this one.
 * @see https://docs.temporal.io/schedule
 */
export async function planSlots(): Promise<{ started: number }> {
  let started = 0
  for (const input of await planDay(Date.now())) {
    try {
      await startChild(session, {
        args: [input],
        workflowId: sessionWorkflowId(input.session),
        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: `flash sale ${input.session}`,
      })
      started++
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    }
  }
  return { started }
}
