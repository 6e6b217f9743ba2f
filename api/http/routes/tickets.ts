import { z } from '@hono/zod-openapi'
import { createMiddleware } from 'hono/factory'
import type { OfferKey, TicketId } from '../../../domain/flash-sale.ts'
import type { UserId } from '../../../domain/ids.ts'
import type { ApiDeps } from '../../deps.ts'
import { gateAway } from '../../flash-sales/gate-away.ts'
import { createTicketReader } from '../../flash-sales/ticket-reader.ts'
import { hasEnded, isMoving, ticketStatus } from '../../flash-sales/ticket-status.ts'
import { eventId } from '../../flash-sales/ticket-streams.ts'
import { Problem } from '../errors/problem.ts'
import { signedIn } from '../middleware/identity.ts'
import { operation } from '../operation.ts'
import { type ApiEnv, routes } from '../routing.ts'
import { offerOf, offerParam, ticketQuery, ticketSchema } from '../schemas/seckill.ts'
import { bearer, header, json } from '../schemas/values.ts'
import { ticketView } from '../views/seckill.ts'

const minePath = '/v1/seckill/sessions/{session}/offers/{sku}/tickets/mine' as const
const about = { tags: ['Flash sales'], security: bearer, request: { params: offerParam, query: ticketQuery } }

const mine = operation(
  {
    ...about,
    method: 'get',
    path: minePath,
    operationId: 'getTicket',
    summary: 'What your newest ticket that counts has come to, or the one that you name',
    description:
      'From Redis while it is queued, then from PostgreSQL. A ticket is one order, of the same id.',
    responses: { 200: json('The ticket', ticketSchema) },
  },
  'no_ticket',
  'paused',
  'rate_limited',
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
        headers: { 'Cache-Control': header('No proxy keeps or changes them.', 'no-cache, no-transform') },
        content: { 'text/event-stream': { schema: z.string() } },
      },
      204: { description: 'It has ended, and `Last-Event-ID` is its last event: do not come again' },
    },
  },
  'no_ticket',
  'paused',
  'rate_limited',
  'too_many_streams',
  'streams_off',
)

type TicketRouteDeps = Pick<ApiDeps, 'bearers' | 'db' | 'gate' | 'log' | 'lookLimit' | 'sessions' | 'streams'>

/** A buyer's own ticket for an offer, as it is now and as it changes. */
export function ticketRoutes(deps: TicketRouteDeps) {
  const { db, gate, log, lookLimit, sessions, streams } = deps
  const statusDeps = { gate, away: gateAway(log), sessions, tickets: createTicketReader(db.sql) }

  async function look(offer: OfferKey, buyer: UserId, named?: TicketId) {
    const status = await ticketStatus(statusDeps, offer, { buyer, named })
    return {
      ticket: status.ticket,
      view: ticketView(offer, status),
      ended: hasEnded(status),
      moving: isMoving(status),
    }
  }

  const limited = createMiddleware<ApiEnv>(async (c, next) => {
    const retryAfterS = lookLimit(c.var.buyer)
    if (retryAfterS !== undefined) throw new Problem('rate_limited', { retryAfterS })
    await next()
  })
  const middleware = [signedIn(deps), limited]

  return routes()
    .openapi({ ...mine, middleware }, async (c) => {
      // The schema has checked that it is an id.
      const named = c.req.valid('query').ticket as TicketId | undefined
      return c.json((await look(offerOf(c.req.valid('param')), c.var.buyer, named)).view, 200)
    })
    .openapi({ ...stream, middleware }, async (c) => {
      const [offer, { buyer }] = [offerOf(c.req.valid('param')), c.var]
      const named = c.req.valid('query').ticket as TicketId | undefined // The same.
      const { ticket, ...first } = await look(offer, buyer, named)
      const seen = c.req.header('last-event-id')
      if (first.ended && seen === eventId(first.view)) return c.body(null, 204)
      const events = streams.open({ buyer, ticket, first, seen, look: () => look(offer, buyer, ticket) })
      return c.body(events, 200, streamHeaders)
    })
}

/** No proxy may store, compress or collect the events. */
const streamHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
}
