import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import { type RefundNumber, refundWorkflowId } from '../../domain/ids.ts'
import type { refund } from '../../workflows/index.ts'
import { batch, type RelayDeps } from './deps.ts'

/** Starts the workflow of each refund that has none yet. Its id is the refund's number, so starting twice is starting once. */
export async function startRefunds({ db: { sql }, client, queue }: RelayDeps): Promise<number> {
  const due = await sql<{ number: RefundNumber }[]>`SELECT number FROM refunds WHERE NOT started ORDER BY created_at LIMIT ${batch}`
  for (const { number } of due) {
    try {
      await client.workflow.start<typeof refund>('refund', {
        args: [{ number }],
        taskQueue: queue,
        workflowId: refundWorkflowId(number),
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        workflowIdConflictPolicy: 'FAIL',
        staticSummary: 'money on its way back',
      })
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    }
    await sql`UPDATE refunds SET started = true WHERE number = ${number}`
  }
  return due.length
}
