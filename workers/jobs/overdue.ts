import { WorkflowNotFoundError } from '@temporalio/client'
import { type OrderId, orderWorkflowId } from '../../domain/ids.ts'
import { raiseAttention } from '../../services/operations/attention.ts'
import { clearEnded, clearSettled } from '../../services/operations/clear-attention.ts'
import { closeOrder } from '../../services/orders/close.ts'
import { ordersToClose, overdueOrders } from '../../services/orders/overdue.ts'
import { batch, type JobsDeps } from './deps.ts'

/**
 * Looks for orders that should have ended five minutes ago and have not: `order_without_workflow` when
 * nothing will ever end them, else `order_overdue`. Clears what has ended, or was resolved, since. Nothing is
 * stuck without somebody being notified.
 */
export async function findOverdue({ sql, client }: JobsDeps): Promise<number> {
  const overdue = await overdueOrders(sql, batch)
  for (const { id } of overdue) {
    const reason = (await runs(client, id)) ? 'order_overdue' : 'order_without_workflow'
    await raiseAttention(sql, { reason, subject: id, orderId: id })
  }
  await clearSettled(sql)
  await clearEnded(sql)
  return overdue.length
}

/**
 * Closes unpaid orders that have no workflow, as their workflow would have: the watch has their attempt
 * closed at its provider once it has expired, and with no attempt open `closeOrder` gives everything back.
 * Answers how many have ended.
 */
export async function closeAbandoned({ sql, client, events, log }: JobsDeps): Promise<number> {
  let closed = 0
  for (const { id } of await ordersToClose(sql, batch)) {
    if (await runs(client, id)) continue
    const { status } = await closeOrder(sql, id, 'pay_timeout')
    if (status !== 'closed') continue
    closed += 1
    events.announce(id)
    log.warn({ order: id }, 'an order without a workflow was closed by the jobs')
  }
  return closed
}

async function runs(client: JobsDeps['client'], order: OrderId): Promise<boolean> {
  try {
    return (await client.workflow.getHandle(orderWorkflowId(order)).describe()).status.name === 'RUNNING'
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false
    throw error
  }
}
