import type { SkuId } from '../../../domain/ids.ts'
import { makeQuote } from '../../../services/orders/quote.ts'
import type { ApiDeps } from '../../deps.ts'
import { mergedCart } from '../middleware/cart.ts'
import { signedIn } from '../middleware/identity.ts'
import { operation } from '../operation.ts'
import { routes } from '../routing.ts'
import { quoteRequest, quoteSchema } from '../schemas/quote.ts'
import { bearer, body, json } from '../schemas/values.ts'
import { quoteView } from '../views/quote.ts'

const quote = operation(
  {
    method: 'post',
    path: '/v1/quotes',
    tags: ['Orders'],
    security: [...bearer, { bearer: [], anonymousCart: [] }],
    operationId: 'createQuote',
    summary: 'Prices the selected cart lines, or the given ones; the token places the order',
    description:
      'The token says what the buyer saw; it becomes exactly one order, whose id it carries. ' +
      'Reserves nothing. An anonymous cart that comes along is merged into the buyer’s first.',
    request: { body: body(quoteRequest) },
    responses: { 200: json('The confirm page', quoteSchema) },
  },
  'empty_order',
  'quantity_invalid',
  'sku_unknown',
  'not_on_sale',
)

/** What an order would cost. */
export function quoteRoutes(deps: Pick<ApiDeps, 'db' | 'carts' | 'ids' | 'bearers' | 'quoteTokens'>) {
  const { db, carts, ids, quoteTokens } = deps
  const quoting = { sql: db.sql, carts, ids, sign: quoteTokens.sign }
  const app = routes()
  app.use('/v1/quotes', signedIn(deps), mergedCart(deps))
  return app.openapi(quote, async (c) => {
    const { lines, source } = c.req.valid('json')
    // The schema has checked that they are ids.
    const wanted = lines?.map(({ sku, quantity }) => ({ sku: sku as SkuId, quantity }))
    const made = await makeQuote(quoting, { buyer: c.var.buyer, source, asked: wanted })
    return c.json(quoteView(made), 200)
  })
}
