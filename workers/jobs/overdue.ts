import { WorkflowNotFoundError } from '@temporalio/client'
import { type OrderId, orderWorkflowId } from '../../domain/ids.ts'
import { raiseAttention } from '../../services/operations/attention.ts'
import { clearSettled } from '../../services/operations/clear-attention.ts'
import { overdueOrders } from '../../services/orders/overdue.ts'
import { batch, type JobsDeps } from './deps.ts'

/**
 * Looks for orders that should have ended five minutes ago and have not: `order_without_workflow` when nothing will ever end them, else
 * `order_overdue`. Clears what has ended, or was resolved, since. Nothing is stuck without somebody being told.
 */
export async function findOverdue({ sql, client }: JobsDeps): Promise<number> {
  const overdue = await overdueOrders(sql, batch)
  for (const { id } of overdue) {
    const reason = (await runs(client, id)) ? 'order_overdue' : 'order_without_workflow'
    await raiseAttention(sql, { reason, subject: id, orderId: id })
  }
  await clearSettled(sql)
  return overdue.length
}

async function runs(client: JobsDeps['client'], order: OrderId): Promise<boolean> {
  try {
    return (await client.workflow.getHandle(orderWorkflowId(order)).describe()).status.name === 'RUNNING'
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false
    throw error
  }
}
