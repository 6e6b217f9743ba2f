import { type Client, WorkflowNotFoundError } from '@temporalio/client'
import type { Logger } from 'pino'
import { type Accounts, judge, type Outcome } from '../activities/judge.ts'
import type { Sql } from '../db/client.ts'
import type { OrderNews } from '../db/order-news.ts'
import { type NotificationId, type OrderId, orderWorkflowId } from '../domain/ids.ts'
import { paid } from '../workflows/messages.ts'

export type DeliveryDeps = { sql: Sql; accounts: Accounts; client: Client; news: Pick<OrderNews, 'announce'>; log: Logger }

/**
 * Has a stored notification judged, and tells the order's workflow when that paid it. Throws when it could not be judged: it stays due, and
 * the relay comes again. A signal decides nothing: a workflow that never got it learns from the rows before it closes.
 */
export async function deliver(
  { sql, accounts, client, news, log }: DeliveryDeps,
  order: OrderId | null,
  notification: NotificationId,
): Promise<Outcome> {
  const outcome = await judge(sql, accounts, notification)
  if (order === null) return outcome
  news.announce(order)
  if (outcome === 'paid') {
    await tell(client, order, notification).catch((error) => log.warn({ order, error }, 'the workflow learns at its deadline that it is paid'))
  }
  return outcome
}

async function tell(client: Client, order: OrderId, notification: NotificationId): Promise<void> {
  try {
    await client.workflow.getHandle(orderWorkflowId(order)).signal(paid, notification)
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error // It has ended, and learnt it from the rows.
  }
}

/** The same for those who do not wait. */
export function deliverSoon(deps: DeliveryDeps): (order: OrderId, notification: NotificationId) => void {
  return (order, notification) => {
    deliver(deps, order, notification).catch((error) => deps.log.warn({ order, error }, 'a notification waits for the relay'))
  }
}
