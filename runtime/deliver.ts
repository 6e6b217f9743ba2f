import { type Client, WorkflowNotFoundError } from '@temporalio/client'
import type { Logger } from 'pino'
import type { Sql } from '../db/types.ts'
import { type NotificationId, type OrderId, orderWorkflowId } from '../domain/ids.ts'
import type { Events } from '../redis/events.ts'
import type { Accounts } from '../services/payments/accounts.ts'
import { type Outcome, resolvePayment } from '../services/payments/resolve-payment.ts'
import { paid } from '../workflows/messages.ts'

export type DeliveryDeps = {
  sql: Sql
  accounts: Accounts
  client: Client
  events: Pick<Events, 'announce'>
  log: Logger
}

/**
 * Has a stored notification resolved, and signals the order's workflow when that paid it. A signal decides
 * nothing: a workflow that never got it learns from the rows before it closes.
 * @throws when it could not be resolved: it stays due, and the jobs deliver it again
 */
export async function deliver(
  deps: DeliveryDeps,
  order: OrderId | null,
  notification: NotificationId,
): Promise<Outcome> {
  const outcome = await resolvePayment(deps.sql, deps.accounts, notification)
  if (order !== null) await notifyResolved(deps, { order, notification, outcome })
  return outcome
}

type Resolved = { order: OrderId; notification: NotificationId; outcome: Outcome }

/**
 * Notifies whoever waits for the order that it was resolved, and its workflow when that paid it. Never
 * throws.
 */
export async function notifyResolved(
  { client, events, log }: Pick<DeliveryDeps, 'client' | 'events' | 'log'>,
  { order, notification, outcome }: Resolved,
): Promise<void> {
  events.announce(order)
  if (outcome !== 'paid') return
  await signalPaid(client, order, notification).catch((error) =>
    log.warn({ order, error }, 'the workflow learns at its deadline that it is paid'),
  )
}

async function signalPaid(client: Client, order: OrderId, notification: NotificationId): Promise<void> {
  try {
    await client.workflow.getHandle(orderWorkflowId(order)).signal(paid, notification)
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error // It has ended, and learnt it from the rows.
  }
}
