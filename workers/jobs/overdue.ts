import { WorkflowNotFoundError } from '@temporalio/client'
import { type OrderId, orderWorkflowId } from '../../domain/ids.ts'
import { clearAttention, raiseAttention } from '../../services/operations/attention.ts'
import { batch, type JobsDeps } from './deps.ts'

/**
 * Looks for orders that should have ended five minutes ago and have not: `order_without_workflow` when nothing will ever end them, else
 * `order_overdue`. Clears what has ended, or was resolved, since. Nothing is stuck without somebody being told.
 */
export async function findOverdue({ sql, client }: JobsDeps): Promise<number> {
  const overdue = await sql<{ id: OrderId }[]>`
    SELECT id::text AS id FROM orders o WHERE status IN ('placing', 'awaiting_payment', 'closing')
      AND COALESCE(pay_by, placed_at) < now() - interval '5 minutes'
      AND NOT EXISTS (SELECT 1 FROM attention a WHERE a.order_id = o.id AND a.cleared_at IS NULL AND a.reason IN ('order_overdue', 'order_without_workflow'))
    LIMIT ${batch}`
  for (const { id } of overdue) {
    const reason = (await runs(client, id)) ? 'order_overdue' : 'order_without_workflow'
    await raiseAttention(sql, { reason, subject: id, orderId: id })
  }
  const ended = await sql<{ id: OrderId; reason: 'order_overdue' | 'order_without_workflow' }[]>`
    SELECT a.subject AS id, a.reason FROM attention a JOIN orders o ON o.id = a.order_id
    WHERE a.cleared_at IS NULL AND a.reason IN ('order_overdue', 'order_without_workflow') AND o.status NOT IN ('placing', 'awaiting_payment', 'closing')`
  for (const { id, reason } of ended) await clearAttention(sql, reason, id)
  await sql`
    UPDATE attention a SET cleared_at = now() FROM notifications n
    WHERE a.reason = 'notification_unresolved' AND a.cleared_at IS NULL AND n.id::text = a.subject AND n.outcome IS NOT NULL`
  await sql`
    UPDATE attention a SET cleared_at = now() FROM tickets t
    WHERE a.reason = 'ticket_waiting' AND a.cleared_at IS NULL AND t.id::text = a.subject AND t.state <> 'waiting'`
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
