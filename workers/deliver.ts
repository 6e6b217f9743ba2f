import { type Client, WorkflowNotFoundError } from '@temporalio/client'
import type { Logger } from 'pino'
import { type NotificationId, type OrderId, orderWorkflowId } from '../domain/ids.ts'
import { notified } from '../workflows/messages.ts'

/** Signals an order's workflow about a stored notification. False when there is no such workflow (any more): that decides nothing. */
export async function deliver(client: Client, order: OrderId, notification: NotificationId): Promise<boolean> {
  try {
    await client.workflow.getHandle(orderWorkflowId(order)).signal(notified, notification)
    return true
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false
    throw error
  }
}

/** The same for those who do not wait: what fails here the relay delivers. */
export function deliverSoon(client: Client, log: Logger): (order: OrderId, notification: NotificationId) => void {
  return (orderId, notification) => {
    deliver(client, orderId, notification).catch((error) => log.warn({ orderId, error }, 'a notification waits for the relay'))
  }
}
