import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import type { TicketId } from '../../domain/flash-sale.ts'
import { orderWorkflowId } from '../../domain/ids.ts'
import { kinds } from '../../domain/order.ts'
import type { OrderInput } from '../../domain/order-input.ts'
import { type DueTicket, postponeTickets, takeDueTickets } from '../../services/flash-sales/due-tickets.ts'
import type { order } from '../../workflows/index.ts'
import { buyerId, orderKind } from '../../workflows/messages.ts'
import type { ConsumerDeps } from './deps.ts'

/** Tickets taken at once, in windows of starts in flight. */
const windowsTaken = 4

/**
 * Starts the orders of tickets that wait, a fixed number at a time. From the table, so that a start that was
 * lost is a row still waiting: it is due again after ten seconds, and one whose order is not placed yet after
 * a minute. Starting twice is starting once.
 * @returns how many were due
 */
export async function startOrders({
  sql,
  client,
  ordersQueue,
  startsInFlight,
  log,
}: ConsumerDeps): Promise<number> {
  const due = await takeDueTickets(sql, startsInFlight * windowsTaken)
  const started: TicketId[] = []
  const failed: TicketId[] = []
  const rest = [...due].reverse()
  const lane = async (): Promise<void> => {
    for (let ticket = rest.pop(); ticket; ticket = rest.pop()) {
      const { id } = ticket
      try {
        await startOrder(client, ordersQueue, ticket)
        started.push(id)
      } catch (error) {
        log.warn({ error, orderId: id }, 'an order of a flash sale is started again')
        failed.push(id)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(startsInFlight, due.length) }, lane))
  if (due.length > 0) await postponeTickets(sql, { started, failed })
  return due.length
}

/**
 * Starts the ticket's order, or finds it started. One that somebody terminated before it had a row is started
 * again.
 */
async function startOrder(client: Client, queue: string, ticket: DueTicket): Promise<void> {
  try {
    await client.workflow.start<typeof order>('order', {
      args: [inputOf(ticket)],
      taskQueue: queue,
      workflowId: orderWorkflowId(ticket.id),
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      workflowIdConflictPolicy: 'FAIL',
      typedSearchAttributes: [
        { key: buyerId, value: ticket.buyer },
        { key: orderKind, value: String(kinds.seckill) },
      ],
      staticSummary: `flash sale ${ticket.session}`,
    })
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
  }
}

const inputOf = ({
  id,
  session,
  sku,
  buyer,
  address,
  quantity,
  price,
  payWithinMs,
}: DueTicket): OrderInput => ({
  orderId: id,
  buyerId: buyer,
  kind: kinds.seckill,
  source: 'seckill',
  session,
  // A column of fen, as text.
  lines: [{ sku, quantity, unitPrice: price as OrderInput['lines'][number]['unitPrice'] }],
  rates: {},
  addressId: address,
  points: '0',
  balance: '0' as OrderInput['balance'], // Fen.
  payment: 'online',
  fingerprint: `ticket ${id}`,
  payWithinMs,
})
