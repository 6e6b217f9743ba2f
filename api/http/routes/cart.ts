import type { SkuId } from '../../../domain/ids.ts'
import { checkQuantity } from '../../../domain/quantity.ts'
import { addToCart, showCart } from '../../cart.ts'
import { clientAddress, limitKey } from '../../client-address.ts'
import type { ApiDeps } from '../../deps.ts'
import { Problem } from '../errors/problem.ts'
import { cartOf } from '../middleware/cart.ts'
import { operation } from '../operation.ts'
import { routes } from '../routing.ts'
import { addition, cartSchema, lineChange, selection, skuParam } from '../schemas/cart.ts'
import { anonymous, bearer, body, header, json, newCart } from '../schemas/values.ts'

const about = { tags: ['Cart'], security: [...bearer, ...anonymous, newCart] }
const cartHeaders = {
  'Set-Cookie': header(
    'The same as a cookie, for as long as the cart lives.',
    'floodgate_cart=0b1e8a52-…; Path=/; HttpOnly',
  ),
}
const responses = { 200: json('The cart as it is now', cartSchema, cartHeaders) }

const show = operation({
  ...about,
  method: 'get',
  path: '/v1/cart',
  operationId: 'getCart',
  summary: 'The cart, with prices then and now',
  description: 'What was put in, beside how the goods are now.',
  responses,
})
const add = operation(
  {
    ...about,
    method: 'post',
    path: '/v1/cart/lines',
    operationId: 'addToCart',
    summary: 'Adds pieces of a SKU',
    description: 'At today’s price. A line that is there gets more pieces and keeps its price.',
    request: { body: body(addition) },
    responses,
  },
  'quantity_invalid',
  'sku_unknown',
  'not_on_sale',
  'cart_full',
  'too_many_carts',
)
const select = operation({
  ...about,
  method: 'patch',
  path: '/v1/cart',
  operationId: 'selectCart',
  summary: 'Selects all lines, or none',
  description: 'A quote without lines takes the selected ones.',
  request: { body: body(selection) },
  responses,
})
const change = operation(
  {
    ...about,
    method: 'patch',
    path: '/v1/cart/lines/{sku}',
    operationId: 'changeCartLine',
    summary: 'Sets the quantity of a line, or selects it',
    description: 'What is absent stays.',
    request: { params: skuParam, body: body(lineChange) },
    responses,
  },
  'quantity_invalid',
)
const remove = operation({
  ...about,
  method: 'delete',
  path: '/v1/cart/lines/{sku}',
  operationId: 'removeCartLine',
  summary: 'Removes a line',
  description: 'One that is not there is removed already.',
  request: { params: skuParam },
  responses,
})

/** The cart of a buyer, or of somebody who has not signed in yet (`X-Cart`). */
export function cartRoutes(
  deps: Pick<ApiDeps, 'anonymousCarts' | 'bearers' | 'carts' | 'db' | 'trustedProxies'>,
) {
  const { anonymousCarts, carts, trustedProxies } = deps
  const app = routes()
  app.use('/v1/cart/*', cartOf(deps))
  return app
    .openapi(show, async (c) => c.json(await showCart(deps, c.var.cart), 200))
    .openapi(add, async (c) => {
      const { sku: id, quantity } = c.req.valid('json')
      const sku = id as SkuId // The schema has checked that it is an id.
      const anonymous = { ...anonymousCarts, address: limitKey(clientAddress(trustedProxies, c)) }
      await addToCart(deps, c.var.cart, { sku, quantity, anonymous })
      return c.json(await showCart(deps, c.var.cart), 200)
    })
    .openapi(select, async (c) => {
      await carts.select(c.var.cart, c.req.valid('json').selected)
      return c.json(await showCart(deps, c.var.cart), 200)
    })
    .openapi(change, async (c) => {
      const sku = c.req.valid('param').sku as SkuId // The schema has checked that it is an id.
      const wanted = c.req.valid('json')
      if (wanted.quantity !== undefined) checkQuantity(sku, wanted.quantity)
      if (!(await carts.change(c.var.cart, sku, wanted))) throw new Problem('not_found')
      return c.json(await showCart(deps, c.var.cart), 200)
    })
    .openapi(remove, async (c) => {
      const sku = c.req.valid('param').sku as SkuId // The schema has checked that it is an id.
      await carts.remove(c.var.cart, sku)
      return c.json(await showCart(deps, c.var.cart), 200)
    })
}
