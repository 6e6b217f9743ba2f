import type { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { isSessionId, type OfferKey } from '../../../domain/flash-sale.ts'
import { type AddressId, isId } from '../../../domain/ids.ts'
import { joinsTotal, problemsTotal } from '../../../runtime/metrics.ts'
import type { ApiDeps } from '../../deps.ts'
import { joinCode, joinStatus } from '../../flash-sales/answers.ts'
import { gateAway } from '../../flash-sales/gate-away.ts'
import { type Joined, join } from '../../flash-sales/joining.ts'
import { languageOf } from '../errors/language.ts'
import { Problem, problem, problemParts } from '../errors/problem.ts'
import { readJson } from '../middleware/body.ts'
import { whoIsSignedIn } from '../middleware/identity.ts'
import { operation } from '../operation.ts'
import { type ApiEnv, checked, routes } from '../routing.ts'
import { admittedSchema, joinRequest, offerOf, offerParam, queuedSchema } from '../schemas/seckill.ts'
import { bearer, body, json } from '../schemas/values.ts'

const joining = operation(
  {
    tags: ['Flash sales'],
    security: bearer,
    beforeMiddleware: true,
    method: 'post',
    path: '/v1/seckill/sessions/{session}/offers/{sku}/tickets',
    operationId: 'joinSale',
    summary: 'Joins: a ticket, or why not. Repeated, the same ticket',
    description:
      'One call to the gate decides. A refusal uses up no token; repeated, the same ticket is answered.',
    request: { params: offerParam, body: body(joinRequest) },
    responses: {
      [joinStatus.admitted]: json('Let in', admittedSchema),
      [joinStatus.already_queued]: json('In the queue already: the same ticket', queuedSchema),
    },
  },
  'session_unknown',
  'offer_unknown',
  'sold_out',
  'not_open',
  'ended',
  'already_bought',
  'over_limit',
  'bad_token',
  'cooling_off',
  'paused',
  'rate_limited',
)
type JoinInput = {
  in: { param: z.input<typeof offerParam>; json: z.input<typeof joinRequest> }
  out: Record<never, never>
}
type JoinRouteDeps = Pick<
  ApiDeps,
  'bearers' | 'gate' | 'ids' | 'log' | 'sessions' | 'earlyRefusals' | 'joinLimit'
>

/**
 * The route that everybody calls at once, before every middleware and without generated validation: the
 * buyer, their limit, an early refusal before the body is read, the body, one call to the gate. (Measured:
 * the usual way costs as much again as all of this.)
 */
export function joinRoutes(deps: JoinRouteDeps) {
  const joiningDeps = { ...deps, away: gateAway(deps.log) }
  const app = routes()
  app.openAPIRegistry.registerPath(joining)
  return app.post(
    joining.getRoutingPath(),
    async (c: Context<ApiEnv, '/v1/seckill/sessions/:session/offers/:sku/tickets', JoinInput>) => {
      const { id: buyer } = await whoIsSignedIn(deps, c)
      const retryAfterS = deps.joinLimit(buyer)
      if (retryAfterS !== undefined) {
        joinsTotal.inc({ answer: 'rate_limited' })
        return problem(c, 'rate_limited', { retryAfterS })
      }
      const offer = offerOf({ session: c.req.param('session'), sku: c.req.param('sku') })
      const refusal = await deps.earlyRefusals.find(offer, buyer)
      if (refusal) return refusal.answer === 'sold_out' ? soldOut(c) : answer(c, refusal)
      if (!couldBe(offer)) throw new Problem('not_found')
      const { token, quantity, addressId } = checked(joinRequest.safeParse(await readJson(c)))
      // The schema has checked that it is an id.
      const request = { token, quantity, addressId: addressId as AddressId }
      return answer(c, await join(joiningDeps, offer, { buyer, ...request }))
    },
  )
}

const couldBe = ({ session, sku }: OfferKey): boolean => isSessionId(session) && isId(sku)

function answer(c: Context, joined: Joined) {
  joinsTotal.inc({ answer: joined.answer })
  switch (joined.answer) {
    case 'admitted':
    case 'already_queued': {
      const { ticket, position } = joined
      return c.json({ code: joinCode[joined.answer], ticket, position }, joinStatus[joined.answer])
    }
    case 'sold_out':
      return problem(c, 'sold_out', { details: { left: joined.left } })
    case 'over_limit':
      return problem(c, 'over_limit', { details: { limit: joined.limit } })
    case 'cooling_off':
      return problem(c, 'cooling_off', { details: { until: new Date(joined.until).toISOString() } })
    case 'not_open':
      return problem(c, 'not_open', { details: { opensAt: new Date(joined.opensAt).toISOString() } })
    default:
      return problem(c, joined.answer)
  }
}

const soldOutParts = {
  en: problemParts('sold_out', 'en', { details: { left: 0 } }),
  zh: problemParts('sold_out', 'zh', { details: { left: 0 } }),
}

/** `sold_out`, serialised ahead. */
function soldOut(c: Context): Response {
  joinsTotal.inc({ answer: 'sold_out' })
  problemsTotal.inc({ code: 'sold_out' })
  const { body, status, headers } = soldOutParts[languageOf(c.req.header('accept-language'))]
  return new Response(body, { status, headers })
}
