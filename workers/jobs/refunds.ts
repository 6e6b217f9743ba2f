import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import { refundWorkflowId } from '../../domain/ids.ts'
import { refundStarted, takeDueRefunds } from '../../services/payments/due.ts'
import type { refund } from '../../workflows/index.ts'
import { batch, type JobsDeps } from './deps.ts'

/**
 * Sees to it that every refund without a final word has a workflow that runs: at once when it is new, and every ten minutes after that, in
 * case somebody terminated it. Its id is the refund's number, so starting twice is starting once.
 */
export async function startRefunds({ sql, client, queue }: JobsDeps): Promise<number> {
  const due = await takeDueRefunds(sql, batch)
  for (const { number } of due) {
    try {
      await client.workflow.start<typeof refund>('refund', {
        args: [{ number }],
        taskQueue: queue,
        workflowId: refundWorkflowId(number),
        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
        workflowIdConflictPolicy: 'FAIL',
        staticSummary: 'money on its way back',
      })
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    }
    await refundStarted(sql, number)
  }
  return due.length
}
