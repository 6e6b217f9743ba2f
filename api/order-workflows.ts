import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client'
import { type OrderId, orderWorkflowId } from '../domain/ids.ts'
import type { OrderInput } from '../domain/order-input.ts'
import type { order } from '../workflows/index.ts'
import { buyerId, cancel, orderKind } from '../workflows/messages.ts'

/**
 * Starts the order's workflow, eagerly: with an order worker on this connection its first task comes back
 * with the answer to the start. False when it was started before.
 */
export async function startOrder(client: Client, queue: string, input: OrderInput): Promise<boolean> {
  try {
    await client.workflow.start<typeof order>('order', {
      args: [input],
      taskQueue: queue,
      workflowId: orderWorkflowId(input.orderId),
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowIdConflictPolicy: 'FAIL',
      requestEagerStart: true,
      typedSearchAttributes: [
        { key: buyerId, value: input.buyerId },
        { key: orderKind, value: String(input.kind) },
      ],
      staticSummary: `${input.lines.length} line(s), ${input.payment === 'online' ? 'paid online' : 'cash on delivery'}`,
    })
    return true
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false
    throw error
  }
}

/** Whether the order's workflow runs, for one whose row is not there (yet). */
export async function isBeingPlaced(client: Client, id: OrderId): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(orderWorkflowId(id)).describe()
    return status.name === 'RUNNING'
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false
    throw error
  }
}

/** Signals the order's workflow that its buyer cancels; false when there is no workflow (any more). */
export async function requestClose(client: Client, id: OrderId): Promise<boolean> {
  try {
    await client.workflow.getHandle(orderWorkflowId(id)).signal(cancel, 'buyer_cancelled')
    return true
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false
    throw error
  }
}
