import type { SessionId, SkuId } from '../../../domain/ids.ts'
import type { Braked } from '../../../services/flash-sales/brakes.ts'
import { setSwitch } from '../../../services/operations/switches.ts'
import type { ApiDeps } from '../../deps.ts'
import { operation } from '../operation.ts'
import { routes } from '../routing.ts'
import { offerParam, sessionParam } from '../schemas/seckill.ts'
import { brakedSchema, shedInput, switchInput, switchSchema } from '../schemas/session.ts'
import { bearer, body, json } from '../schemas/values.ts'
import { sessionView } from '../views/session.ts'
import { storedSession } from './ops-sessions.ts'

const tags = ['Operators']
const responses = { 200: json('The session as it is now', brakedSchema) }
const noTemporal =
  'Works without Temporal. A gate that is not reached is named in `pending`, and gets it later.'

/** The brakes of a session, or of one of its offers. */
function brakesOf<P extends string, S extends typeof sessionParam | typeof offerParam>(
  what: { path: P; params: S; name: 'Session' | 'Offer' },
  ...unknown: ('session_unknown' | 'offer_unknown')[]
) {
  const { path, params, name } = what
  const about = { tags, security: bearer, method: 'post', responses } as const
  return {
    pause: operation(
      {
        ...about,
        path: `${path}/pause` as const,
        operationId: `pause${name}`,
        summary: 'Stops letting buyers in, at once',
        description: `Tickets that are granted go on. Repeated, it stays paused. ${noTemporal}`,
        request: { params },
      },
      ...unknown,
      'session_ended',
    ),
    resume: operation(
      {
        ...about,
        path: `${path}/resume` as const,
        operationId: `resume${name}`,
        summary: 'Lets buyers in again',
        description: `Unless the other brake, of the session or the offer, still holds. ${noTemporal}`,
        request: { params },
      },
      ...unknown,
      'session_ended',
    ),
    shed: operation(
      {
        ...about,
        path: `${path}/shed` as const,
        operationId: `shed${name}`,
        summary: 'Refuses so many of a hundred tokens, the same ones each time they are tried',
        description: `Refused is \`paused\`; who has a ticket gets it again. 0: none. ${noTemporal}`,
        request: { params, body: body(shedInput) },
      },
      ...unknown,
      'session_ended',
    ),
  }
}

const session = brakesOf(
  { path: '/v1/ops/sessions/{session}', params: sessionParam, name: 'Session' },
  'session_unknown',
)
const offer = brakesOf(
  { path: '/v1/ops/sessions/{session}/offers/{sku}', params: offerParam, name: 'Offer' },
  'session_unknown',
  'offer_unknown',
)

const captcha = operation(
  {
    tags,
    security: bearer,
    method: 'post',
    path: '/v1/ops/sessions/{session}/captcha',
    operationId: 'setCaptcha',
    summary: 'Wants a captcha for tokens from now on, or none',
    description: 'Tokens that were given stay good. Works without Temporal.',
    request: { params: sessionParam, body: body(switchInput) },
    responses,
  },
  'session_unknown',
  'session_ended',
)

const streams = operation({
  tags,
  security: bearer,
  method: 'post',
  path: '/v1/ops/event-streams',
  operationId: 'setEventStreams',
  summary: 'Switches the event streams of all API processes off, or on again',
  description:
    'Off: streams that are open end, new ones are `streams_off`, pages poll; every process heeds it within two ' +
    'seconds. Works without Temporal.',
  request: { body: body(switchInput) },
  responses: { 200: json('What it is set to', switchSchema) },
})

/** What an operator stops or throttles at once, whatever else is away. */
export function opsBrakeRoutes({ db: { sql }, operations }: Pick<ApiDeps, 'db' | 'operations'>) {
  const shown = async (id: string, { pending }: Pick<Braked, 'pending'>) => ({
    ...sessionView(await storedSession(sql, id)),
    pending,
  })
  // The schemas have checked that these are ids.
  const sessionOf = ({ session }: { session: string }) => ({ session: session as SessionId })
  const offerOf = ({ session, sku }: { session: string; sku: string }) => ({
    session: session as SessionId,
    sku: sku as SkuId,
  })
  return routes()
    .openapi(session.pause, async (c) => {
      const what = sessionOf(c.req.valid('param'))
      return c.json(await shown(what.session, await operations.pause(what)), 200)
    })
    .openapi(session.resume, async (c) => {
      const what = sessionOf(c.req.valid('param'))
      return c.json(await shown(what.session, await operations.resume(what)), 200)
    })
    .openapi(session.shed, async (c) => {
      const what = sessionOf(c.req.valid('param'))
      const { percent } = c.req.valid('json')
      return c.json(await shown(what.session, await operations.shed(what, percent)), 200)
    })
    .openapi(offer.pause, async (c) => {
      const what = offerOf(c.req.valid('param'))
      return c.json(await shown(what.session, await operations.pause(what)), 200)
    })
    .openapi(offer.resume, async (c) => {
      const what = offerOf(c.req.valid('param'))
      return c.json(await shown(what.session, await operations.resume(what)), 200)
    })
    .openapi(offer.shed, async (c) => {
      const what = offerOf(c.req.valid('param'))
      const { percent } = c.req.valid('json')
      return c.json(await shown(what.session, await operations.shed(what, percent)), 200)
    })
    .openapi(captcha, async (c) => {
      const { session: id } = sessionOf(c.req.valid('param'))
      await operations.captcha(id, c.req.valid('json').on)
      return c.json(await shown(id, { pending: [] }), 200)
    })
    .openapi(streams, async (c) => {
      const { on } = c.req.valid('json')
      await setSwitch(sql, 'event_streams', on)
      return c.json({ on }, 200)
    })
}
