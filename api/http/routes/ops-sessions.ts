import { listSessions, readSession, type StoredSession, sessionReport } from '../../../db/reads/sessions.ts'
import type { Sql } from '../../../db/types.ts'
import { sessionIdOf } from '../../../domain/flash-sale.ts'
import type { SessionId } from '../../../domain/ids.ts'
import { refuse } from '../../../domain/refusals.ts'
import type { ApiDeps } from '../../deps.ts'
import { checkExist, newOffer } from '../../flash-sales/new-offers.ts'
import { operation } from '../operation.ts'
import { routes } from '../routing.ts'
import { sessionParam } from '../schemas/seckill.ts'
import { reportSchema, sessionInput, sessionPage, sessionQuery, sessionSchema } from '../schemas/session.ts'
import { bearer, body, header, json } from '../schemas/values.ts'
import { reportView, sessionView } from '../views/session.ts'

const where = { Location: header('Where the session is.', '/v1/ops/sessions/2026121210') }
const about = { tags: ['Operators'], security: bearer }

const plan = operation(
  {
    ...about,
    method: 'post',
    path: '/v1/ops/sessions',
    operationId: 'planSession',
    summary: 'Plans a flash sale. The same one again is the same one',
    description: 'The same content again is the same session; other content is `session_exists`.',
    request: { body: body(sessionInput) },
    responses: {
      200: json('It was there', sessionSchema, where),
      201: json('Planned', sessionSchema, where),
    },
  },
  'session_exists',
)

const list = operation({
  ...about,
  method: 'get',
  path: '/v1/ops/sessions',
  operationId: 'listSessions',
  summary: 'Flash sales, those that open last first',
  description: 'Ended ones too.',
  request: { query: sessionQuery },
  responses: { 200: json('A page of sessions', sessionPage) },
})

const one = operation(
  {
    ...about,
    method: 'get',
    path: '/v1/ops/sessions/{session}',
    operationId: 'getSession',
    summary: 'A flash sale with its offers, as it is now',
    description: 'Its phase, its offers, and how much of each is granted.',
    request: { params: sessionParam },
    responses: { 200: json('The session', sessionSchema) },
  },
  'session_unknown',
)

const report = operation(
  {
    ...about,
    method: 'get',
    path: '/v1/ops/sessions/{session}/report',
    operationId: 'getSessionReport',
    summary: 'What a flash sale has sold up to now',
    description: 'Counted now while it runs; the closing report once it has ended.',
    request: { params: sessionParam },
    responses: { 200: json('The report', reportSchema) },
  },
  'session_unknown',
)

/** Flash sales, for operators: planning and looking. */
export function opsSessionRoutes({ db: { sql }, operations }: Pick<ApiDeps, 'db' | 'operations'>) {
  return routes()
    .openapi(plan, async (c) => {
      const { id, opensAt, endsAt, payWithinS, coolOffS, captcha, offers: wanted } = c.req.valid('json')
      // The schema has checked that it is one.
      const session = (id ?? sessionIdOf(opensAt.getTime())) as SessionId
      const offers = wanted.map(newOffer)
      await checkExist(sql, offers, (n, field) => `offers.${n}.${field}`)
      const fresh = await operations.plan({
        id: session,
        opensAt,
        endsAt,
        payWithinMs: payWithinS * 1000,
        coolOffMs: coolOffS * 1000,
        captcha,
        offers,
      })
      const planned = sessionView(await storedSession(sql, session))
      c.header('location', `/v1/ops/sessions/${session}`)
      return fresh ? c.json(planned, 201) : c.json(planned, 200)
    })
    .openapi(list, async (c) => {
      const { cursor, limit } = c.req.valid('query')
      const found = await listSessions(sql, { before: cursor, limit: limit + 1 })
      const sessions = found.slice(0, limit).map(sessionView)
      return c.json({ sessions, next: found.length > limit ? (sessions.at(-1)?.id ?? null) : null }, 200)
    })
    .openapi(one, async (c) =>
      c.json(sessionView(await storedSession(sql, c.req.valid('param').session)), 200),
    )
    .openapi(report, async (c) => {
      const { id } = await storedSession(sql, c.req.valid('param').session)
      return c.json(reportView(await sessionReport(sql, id)), 200)
    })
}

/** The session's row. Refuses `session_unknown`. */
export async function storedSession(sql: Sql, id: string): Promise<StoredSession> {
  // A path's id, which is only looked up.
  return (await readSession(sql, id as SessionId)) ?? refuse('session_unknown', {})
}
