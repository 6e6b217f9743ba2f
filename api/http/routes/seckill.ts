import type { TypedResponse } from 'hono'
import { clientAddress } from '../../client-address.ts'
import type { ApiDeps } from '../../deps.ts'
import { gateAway } from '../../flash-sales/gate-away.ts'
import { issueToken } from '../../flash-sales/tokens.ts'
import { signedIn } from '../middleware/identity.ts'
import { operation } from '../operation.ts'
import { routes } from '../routing.ts'
import {
  offerOf,
  offerParam,
  offerSchema,
  salesSchema,
  tokenRequest,
  tokenSchema,
} from '../schemas/seckill.ts'
import { bearer, header, json, open } from '../schemas/values.ts'
import { sharedBody } from '../shared-body.ts'
import { saleHeadView, saleOfferView, salesView } from '../views/seckill.ts'

const tags = ['Flash sales']
const keptForASecond = header('Every cache may keep it for a second.', 'public, max-age=1')
const exampleTime = '2026-12-12T02:00:00.123Z'
const offerPath = '/v1/seckill/sessions/{session}/offers/{sku}' as const

const sales = operation({
  tags,
  security: open,
  method: 'get',
  path: '/v1/seckill/sessions',
  operationId: 'listSales',
  summary: 'The sessions that are on, and those that come',
  description:
    'The same body for everybody, a second old at the most, and `public, max-age=1`: an edge may keep it. Count ' +
    'down by the header `X-Server-Time`, not by the client’s clock.',
  responses: {
    200: json('The sessions', salesSchema, {
      'Cache-Control': keptForASecond,
      'X-Server-Time': header('The server’s time, ISO 8601 in UTC, with ms; also of a 304.', exampleTime),
      ETag: header('Names what the body says; ask again with `If-None-Match`.', 'W/"w2bcV0pFZ1uQ"'),
    }),
    304: {
      description: 'It is as `If-None-Match` says',
      headers: { 'Cache-Control': keptForASecond },
    },
  },
})

const offer = operation(
  {
    tags,
    security: open,
    method: 'get',
    path: offerPath,
    operationId: 'getSaleOffer',
    summary: 'An offer in its session, with the server’s time',
    description: 'Count down by `serverTime`, not by the client’s clock.',
    request: { params: offerParam },
    responses: { 200: json('The offer', offerSchema) },
  },
  'session_unknown',
  'offer_unknown',
)

const token = operation(
  {
    tags,
    security: bearer,
    method: 'post',
    path: `${offerPath}/token`,
    operationId: 'createAdmissionToken',
    summary: 'The right to join once, from a minute before the opening; some sessions want a captcha',
    description:
      'Given from a minute before the opening. Where the session wants a captcha, the problem ' +
      '`captcha_required` brings the challenge; ask again with its solution.',
    request: { params: offerParam, body: { content: { 'application/json': { schema: tokenRequest } } } },
    responses: { 201: json('The token', tokenSchema) },
  },
  'session_unknown',
  'offer_unknown',
  'rate_limited',
  'not_open',
  'ended',
  'paused',
  'captcha_required',
  'captcha_wrong',
)

/** How long the list of sessions is answered from memory, as bytes that were made once. */
const listForMs = 1000

/** What is on sale, open to everybody; and admission tokens for buyers. */
export function seckillRoutes(
  deps: Pick<
    ApiDeps,
    'bearers' | 'challenge' | 'gate' | 'log' | 'sessions' | 'tokenLimits' | 'trustedProxies'
  >,
) {
  const { sessions, trustedProxies } = deps
  const knowing = { ...deps, away: gateAway(deps.log) }
  const list = sharedBody(async () => JSON.stringify(salesView(await sessions.living(), Date.now())), {
    contentType: 'application/json',
    headers: { 'cache-control': 'public, max-age=1' },
    forMs: listForMs,
    more: () => ({ 'x-server-time': new Date().toISOString() }),
  })
  return routes()
    .openapi(sales, async (c) => {
      const answer = await list(c)
      // What the body is, for typed clients.
      return answer as Response & TypedResponse<ReturnType<typeof salesView>, 200, 'json'>
    })
    .openapi(offer, async (c) => {
      const { session, offer } = await sessions.offer(offerOf(c.req.valid('param')))
      const now = Date.now()
      return c.json(
        {
          serverTime: new Date(now).toISOString(),
          session: saleHeadView(session, now),
          offer: saleOfferView(offer),
        },
        200,
      )
    })
    .openapi({ ...token, middleware: [signedIn(deps)] }, async (c) => {
      const { captcha } = c.req.valid('json')
      const address = clientAddress(trustedProxies, c)
      const { token, expiresAt } = await issueToken(knowing, offerOf(c.req.valid('param')), {
        buyer: c.var.buyer,
        address,
        captcha,
      })
      return c.json({ token, expiresAt: new Date(expiresAt).toISOString() }, 201)
    })
}
