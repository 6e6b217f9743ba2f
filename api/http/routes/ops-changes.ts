import { randomUUID } from 'node:crypto'
import type { SessionId } from '../../../domain/ids.ts'
import type { ApiDeps } from '../../deps.ts'
import { checkExist, newOffer } from '../../flash-sales/new-offers.ts'
import { operation } from '../operation.ts'
import { routes } from '../routing.ts'
import { offerOf, offerParam, sessionParam } from '../schemas/seckill.ts'
import { changeHeaders, offerInput, quotaInput, sessionSchema } from '../schemas/session.ts'
import { bearer, body, json } from '../schemas/values.ts'
import { sessionView } from '../views/session.ts'
import { storedSession } from './ops-sessions.ts'

const about = { tags: ['Operators'], security: bearer }
const path = '/v1/ops/sessions/{session}' as const

const add = operation(
  {
    ...about,
    method: 'post',
    path: `${path}/offers`,
    operationId: 'addOffer',
    summary: 'Adds an offer, also while the session runs. The same one again is the same one',
    description: 'Answers when the pieces have left the warehouse.',
    request: { params: sessionParam, body: body(offerInput) },
    responses: { 201: json('The session with it', sessionSchema) },
  },
  'session_unknown',
  'session_ended',
  'offer_exists',
  'quota_short',
  'still_being_done',
)

const quota = operation(
  {
    ...about,
    method: 'patch',
    path: `${path}/offers/{sku}`,
    operationId: 'changeQuota',
    summary: 'Sets how many pieces an offer has, also while the session runs',
    description: 'Pieces move between the warehouse and the offer.',
    request: { params: offerParam, headers: changeHeaders, body: body(quotaInput) },
    responses: { 200: json('The session as it is now', sessionSchema) },
  },
  'session_unknown',
  'session_ended',
  'offer_unknown',
  'quota_short',
  'quota_below_granted',
  'still_being_done',
)

const end = operation(
  {
    ...about,
    method: 'post',
    path: `${path}/end`,
    operationId: 'endSession',
    summary: 'Ends it now',
    description: 'Closes the gates; staging and counting follow.',
    request: { params: sessionParam },
    responses: { 200: json('The session as it is now', sessionSchema) },
  },
  'session_unknown',
  'session_ended',
  'still_being_done',
)

/**
 * Changes of a flash sale that its workflow does, one after the other. Each answers when it is done. What has
 * to work without Temporal is in ops-brakes.ts.
 */
export function opsChangeRoutes({ db: { sql }, operations }: Pick<ApiDeps, 'db' | 'operations'>) {
  const shown = async (id: string) => sessionView(await storedSession(sql, id))
  return routes()
    .openapi(add, async (c) => {
      const [{ session }, offer] = [c.req.valid('param'), newOffer(c.req.valid('json'))]
      await checkExist(sql, [offer], (_, field) => field)
      await operations.addOffer(idOf(session), offer)
      return c.json(await shown(session), 201)
    })
    .openapi(quota, async (c) => {
      const { session, sku } = offerOf(c.req.valid('param'))
      const change = c.req.valid('header')['idempotency-key'] ?? randomUUID()
      await operations.changeQuota(session, { sku, change, quota: c.req.valid('json').quota })
      return c.json(await shown(session), 200)
    })
    .openapi(end, async (c) => {
      const { session } = c.req.valid('param')
      await operations.end(idOf(session))
      return c.json(await shown(session), 200)
    })
}

const idOf = (session: string): SessionId => session as SessionId // The schema has checked that it is one.
