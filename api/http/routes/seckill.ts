import { createRoute } from '@hono/zod-openapi'
import { clientAddress } from '../../client-address.ts'
import type { ApiDeps } from '../../deps.ts'
import { gateAway } from '../../flash-sales/gate-away.ts'
import { issueToken } from '../../flash-sales/tokens.ts'
import { signedIn } from '../middleware/identity.ts'
import { routes } from '../routing.ts'
import {
  offerOf,
  offerParam,
  offerSchema,
  salesSchema,
  tokenRequest,
  tokenSchema,
} from '../schemas/seckill.ts'
import { bearer, json, problems } from '../schemas/values.ts'
import { saleHeadView, saleOfferView, salesView } from '../views/seckill.ts'

const tags = ['Flash sales']
const offerPath = '/v1/seckill/sessions/{session}/offers/{sku}' as const

const sales = createRoute({
  tags,
  method: 'get',
  path: '/v1/seckill/sessions',
  summary: 'The sessions that are on, and those that come, with the server’s time',
  responses: { 200: json('The sessions', salesSchema), ...problems },
})

const offer = createRoute({
  tags,
  method: 'get',
  path: offerPath,
  summary: 'An offer in its session, with the server’s time',
  request: { params: offerParam },
  responses: { 200: json('The offer', offerSchema), ...problems },
})

const token = createRoute({
  tags,
  security: bearer,
  method: 'post',
  path: `${offerPath}/token`,
  summary: 'The right to join once, from a minute before the opening; some sessions want a captcha read',
  request: { params: offerParam, body: { content: { 'application/json': { schema: tokenRequest } } } },
  responses: { 201: json('The token', tokenSchema), ...problems },
})

/** What is on sale, open to everybody; and admission tokens for buyers. */
export function seckillRoutes(
  deps: Pick<
    ApiDeps,
    'bearers' | 'captchas' | 'gate' | 'log' | 'sessions' | 'tokenLimits' | 'trustedProxies'
  >,
) {
  const { sessions, trustedProxies } = deps
  const knowing = { ...deps, away: gateAway(deps.log) }
  return routes()
    .openapi(sales, async (c) => c.json(salesView(await sessions.living(), Date.now()), 200))
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
