import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import { refundWorkflowId } from '../../domain/ids.ts'
import { raiseAttention } from '../../services/operations/attention.ts'
import { refundStarted, stuckRefunds, takeDueRefunds } from '../../services/payments/due.ts'
import type { refund } from '../../workflows/index.ts'
import { batch, type JobsDeps } from './deps.ts'

/**
 * Sees to it that every refund without a final word has a workflow that runs: at once when it is new, and
 * every ten minutes after that, in case somebody terminated it. Its id is the refund's number, so starting
 * twice is starting once.
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

/**
 * Asks a human about refunds that stay without a final word for too long. From the rows, not by the workflow
 * that sends the money: so nobody is asked about what has ended meanwhile, and somebody is while Temporal is
 * away. The refund's end clears it. Answers how many.
 */
export async function findStuckRefunds({ sql }: Pick<JobsDeps, 'sql'>): Promise<number> {
  const stuck = await stuckRefunds(sql, batch)
  for (const { number, orderId } of stuck)
    await raiseAttention(sql, { reason: 'refund_stuck', subject: number, orderId })
  return stuck.length
}
