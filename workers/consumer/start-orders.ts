import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import type { Sql } from '../../db/types.ts'
import type { OfferKey, TicketId } from '../../domain/flash-sale.ts'
import { type AddressId, orderWorkflowId, type UserId } from '../../domain/ids.ts'
import { kinds } from '../../domain/order.ts'
import type { OrderInput } from '../../domain/order-input.ts'
import { raiseAttention } from '../../services/operations/attention.ts'
import type { order } from '../../workflows/index.ts'
import { buyerId, orderKind } from '../../workflows/messages.ts'
import type { ConsumerDeps } from './deps.ts'

type Due = OfferKey & {
  id: TicketId
  buyer: UserId
  address: AddressId
  quantity: number
  price: string
  payWithinMs: number
  late: boolean
}

/** Tickets taken at once, in windows of starts in flight. */
const windowsTaken = 4

/**
 * Starts the orders of tickets that wait, a fixed number at a time. From the table, so a start that was lost is a row still waiting: it is due
 * again after ten seconds, and one whose order is not placed yet after a minute. Starting twice is starting once. Answers how many were due.
 */
export async function startOrders({
  sql,
  client,
  ordersQueue,
  startsInFlight,
  log,
}: ConsumerDeps): Promise<number> {
  const due = await sql<Due[]>`
    WITH due AS (
      SELECT id FROM tickets WHERE state = 'waiting' AND due_at <= now() ORDER BY due_at LIMIT ${startsInFlight * windowsTaken} FOR UPDATE SKIP LOCKED),
    taken AS (UPDATE tickets t SET tried = t.tried + 1, due_at = now() + interval '10 seconds' FROM due WHERE t.id = due.id RETURNING t.*)
    SELECT t.id::text AS id, t.session_id AS session, t.sku_id::text AS sku, t.buyer_id::text AS buyer, t.address_id::text AS address, t.quantity,
           o.price_fen::text AS price, s.pay_within_ms AS "payWithinMs", t.staged_at < now() - interval '5 minutes' AS late
    FROM taken t JOIN offers o ON o.session_id = t.session_id AND o.sku_id = t.sku_id JOIN sessions s ON s.id = t.session_id ORDER BY t.id`
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
  if (due.length > 0) await pushOn(sql, started, failed)
  for (const { id, late } of due)
    if (late) await raiseAttention(sql, { reason: 'ticket_waiting', subject: id })
  return due.length
}

/** When each is looked at again, if it still waits: a started one in a minute (then two, four, …), a failed one in a second (then two, …). */
async function pushOn(sql: Sql, started: TicketId[], failed: TicketId[]): Promise<void> {
  await sql`
    UPDATE tickets SET due_at = now() + CASE WHEN id = ANY(${started}::bigint[]) THEN interval '1 minute' * power(2, least(tried - 1, 4))
                                             ELSE interval '1 second' * power(2, least(tried - 1, 4)) END
    WHERE id = ANY(${[...started, ...failed]}::bigint[]) AND state = 'waiting'`
}

/** Starts the ticket's order, or finds it started. One that somebody terminated before it had a row is started again. */
async function startOrder(client: Client, queue: string, ticket: Due): Promise<void> {
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

const inputOf = ({ id, session, sku, buyer, address, quantity, price, payWithinMs }: Due): OrderInput => ({
  orderId: id,
  buyerId: buyer,
  kind: kinds.seckill,
  source: 'seckill',
  session,
  lines: [{ sku, quantity, unitPrice: price as OrderInput['lines'][number]['unitPrice'] }], // A column of fen, as text.
  rates: {},
  addressId: address,
  points: '0',
  balance: '0' as OrderInput['balance'], // Fen.
  payment: 'online',
  fingerprint: `ticket ${id}`,
  payWithinMs,
})
