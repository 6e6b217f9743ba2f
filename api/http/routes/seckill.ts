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
import { bearer, json, open } from '../schemas/values.ts'
import { saleHeadView, saleOfferView, salesView } from '../views/seckill.ts'

const tags = ['Flash sales']
const offerPath = '/v1/seckill/sessions/{session}/offers/{sku}' as const

const sales = operation({
  tags,
  security: open,
  method: 'get',
  path: '/v1/seckill/sessions',
  operationId: 'listSales',
  summary: 'The sessions that are on, and those that come, with the server’s time',
  description: 'Count down by `serverTime`, not by the client’s clock.',
  responses: { 200: json('The sessions', salesSchema) },
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
    summary: 'The right to join once, from a minute before the opening; some sessions want a captcha read',
    description:
      'Given from a minute before the opening. Where the session wants a captcha, the problem ' +
      '`captcha_required` brings it.',
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
