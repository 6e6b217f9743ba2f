import { z } from '@hono/zod-openapi'
import type { OfferKey, TicketId } from '../../../domain/flash-sale.ts'
import type { UserId } from '../../../domain/ids.ts'
import type { ApiDeps } from '../../deps.ts'
import { gateAway } from '../../flash-sales/gate-away.ts'
import { eventId, ticketEvents } from '../../flash-sales/ticket-events.ts'
import { hasEnded, ticketStatus } from '../../flash-sales/ticket-status.ts'
import { signedIn } from '../middleware/identity.ts'
import { operation } from '../operation.ts'
import { routes } from '../routing.ts'
import { offerOf, offerParam, ticketQuery, ticketSchema } from '../schemas/seckill.ts'
import { bearer, json } from '../schemas/values.ts'
import { ticketView } from '../views/seckill.ts'

const minePath = '/v1/seckill/sessions/{session}/offers/{sku}/tickets/mine' as const
const about = { tags: ['Flash sales'], security: bearer, request: { params: offerParam, query: ticketQuery } }

const mine = operation(
  {
    ...about,
    method: 'get',
    path: minePath,
    operationId: 'getTicket',
    summary: 'What your newest ticket has come to, or the one that you name',
    description:
      'From Redis while it is queued, then from PostgreSQL. A ticket is one order, of the same id.',
    responses: { 200: json('The ticket', ticketSchema) },
  },
  'no_ticket',
  'paused',
)

const stream = operation(
  {
    ...about,
    method: 'get',
    path: `${minePath}/events`,
    operationId: 'streamTicket',
    summary: 'The same as server-sent events, until the ticket has ended',
    description: 'Server-sent events (text/event-stream) go on after `Last-Event-ID`.',
    responses: {
      200: {
        description: 'Events `ticket`, each with the whole ticket',
        content: { 'text/event-stream': { schema: z.string() } },
      },
      204: { description: 'It has ended, and you know: do not come again' },
    },
  },
  'no_ticket',
  'paused',
)

/** A buyer's own ticket for an offer. */
export function ticketRoutes(deps: Pick<ApiDeps, 'bearers' | 'db' | 'gate' | 'log' | 'events'>) {
  const { db, gate, log, events } = deps
  const knowing = { sql: db.sql, gate, away: gateAway(log) }
  const told = async (offer: OfferKey, buyer: UserId, ticket?: TicketId) => {
    const status = await ticketStatus(knowing, offer, buyer, ticket)
    return { ticket: status.ticket, view: ticketView(offer, status), ended: hasEnded(status) }
  }
  const middleware = [signedIn(deps)]
  return routes()
    .openapi({ ...mine, middleware }, async (c) => {
      const named = c.req.valid('query').ticket as TicketId | undefined // The schema has checked that it is an id.
      return c.json((await told(offerOf(c.req.valid('param')), c.var.buyer, named)).view, 200)
    })
    .openapi({ ...stream, middleware }, async (c) => {
      const [offer, { buyer }] = [offerOf(c.req.valid('param')), c.var]
      const named = c.req.valid('query').ticket as TicketId | undefined // The same.
      const { ticket, view, ended } = await told(offer, buyer, named)
      if (ended && c.req.header('last-event-id') === eventId(view)) return c.body(null, 204)
      return ticketEvents(
        c,
        { events, warn: (about, message) => log.warn(about, message) },
        { ticket, look: () => told(offer, buyer, ticket) },
      )
    })
}
