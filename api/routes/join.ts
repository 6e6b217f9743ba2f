import { createRoute } from '@hono/zod-openapi'
import { createMiddleware } from 'hono/factory'
import type { AddressId } from '../../domain/ids.ts'
import type { ApiDeps } from '../deps.ts'
import { jsonBodies, smallBodies } from '../middleware/body.ts'
import { signedIn } from '../middleware/identity.ts'
import { problem, problemParts } from '../problem.ts'
import { languageOf } from '../problem-texts.ts'
import { type ApiEnv, routes } from '../routing.ts'
import { admittedSchema, offerOf, offerParam, queuedSchema, wish } from '../schemas/seckill.ts'
import { bearer, body, json, problems } from '../schemas/values.ts'
import { joinCode, joinStatus } from '../seckill/answers.ts'
import { gateAsker } from '../seckill/asking.ts'
import { join } from '../seckill/joining.ts'

const joining = createRoute({
  tags: ['Flash sales'],
  security: bearer,
  method: 'post',
  path: '/v1/seckill/sessions/{session}/offers/{sku}/tickets',
  summary: 'Joins: a ticket, or why not. Repeated, the same ticket',
  request: { params: offerParam, body: body(wish) },
  responses: {
    [joinStatus.admitted]: json('Let in', admittedSchema),
    [joinStatus.already_queued]: json('In the queue already: the same ticket', queuedSchema),
    ...problems,
  },
})

/**
 * The button that everybody presses at once. It has its own order of middleware, before everybody else's: who asks, the fast "no", and only then
 * the body.
 */
export function joinRoutes(deps: Pick<ApiDeps, 'bearers' | 'gate' | 'ids' | 'log' | 'sessions' | 'soldOut'>) {
  const knowing = { ...deps, ask: gateAsker(deps.log) }
  return routes().openapi({ ...joining, middleware: [signedIn(deps), fastNo(deps), smallBodies, jsonBodies] }, async (c) => {
    const { token, quantity, addressId } = c.req.valid('json')
    // The schema has checked that it is an id.
    const joined = await join(knowing, offerOf(c.req.valid('param')), c.var.buyer, { token, quantity, addressId: addressId as AddressId })
    switch (joined.answer) {
      case 'admitted':
        return c.json({ code: joinCode.admitted, ticket: joined.ticket, position: joined.position }, joinStatus.admitted)
      case 'already_queued':
        return c.json({ code: joinCode.already_queued, ticket: joined.ticket, position: joined.position }, joinStatus.already_queued)
      case 'sold_out':
        return problem(c, 'sold_out', { details: { left: joined.left } })
      case 'over_limit':
        return problem(c, 'over_limit', { details: { limit: joined.limit } })
      case 'not_open':
        return problem(c, 'not_open', { details: { opensAt: new Date(joined.opensAt).toISOString() } })
      default:
        return problem(c, joined.answer)
    }
  })
}

const nothingLeft = {
  en: problemParts('sold_out', 'en', { details: { left: 0 } }),
  zh: problemParts('sold_out', 'zh', { details: { left: 0 } }),
}

/** Says "sold out" from memory: no body is read, nobody is asked. */
const fastNo = ({ soldOut }: Pick<ApiDeps, 'soldOut'>) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const told = soldOut.tells(offerOf({ session: c.req.param('session') ?? '', sku: c.req.param('sku') ?? '' }), c.var.buyer)
    if (told === false || !(await told)) return next()
    const { body, status, headers } = nothingLeft[languageOf(c.req.header('accept-language'))]
    return new Response(body, { status, headers })
  })
