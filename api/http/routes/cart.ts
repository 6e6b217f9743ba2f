import { createRoute } from '@hono/zod-openapi'
import type { SkuId } from '../../../domain/ids.ts'
import { checkQuantity } from '../../../domain/quantity.ts'
import { addToCart, showCart } from '../../cart.ts'
import type { ApiDeps } from '../../deps.ts'
import { Problem } from '../errors/problem.ts'
import { cartOf } from '../middleware/cart.ts'
import { routes } from '../routing.ts'
import { addition, cartSchema, lineChange, selection, skuParam } from '../schemas/cart.ts'
import { body, json, problems } from '../schemas/values.ts'

const about = { tags: ['Cart'], security: [{ bearer: [] }, { cookie: [] }, { anonymousCart: [] }] }
const responses = { 200: json('The cart as it is now', cartSchema), ...problems }

const show = createRoute({
  ...about,
  method: 'get',
  path: '/v1/cart',
  summary: 'The cart, with prices then and now',
  responses,
})
const add = createRoute({
  ...about,
  method: 'post',
  path: '/v1/cart/lines',
  summary: 'Adds pieces of a SKU',
  request: { body: body(addition) },
  responses,
})
const select = createRoute({
  ...about,
  method: 'patch',
  path: '/v1/cart',
  summary: 'Selects all lines, or none',
  request: { body: body(selection) },
  responses,
})
const change = createRoute({
  ...about,
  method: 'patch',
  path: '/v1/cart/lines/{sku}',
  summary: 'Sets the quantity of a line, or selects it',
  request: { params: skuParam, body: body(lineChange) },
  responses,
})
const remove = createRoute({
  ...about,
  method: 'delete',
  path: '/v1/cart/lines/{sku}',
  summary: 'Removes a line',
  request: { params: skuParam },
  responses,
})

/** The cart of a buyer, or of somebody who has not signed in yet (`X-Cart`). */
export function cartRoutes(deps: Pick<ApiDeps, 'db' | 'carts' | 'bearers'>) {
  const { carts } = deps
  const app = routes()
  app.use('/v1/cart/*', cartOf(deps))
  return app
    .openapi(show, async (c) => c.json(await showCart(deps, c.var.cart), 200))
    .openapi(add, async (c) => {
      const { sku, quantity } = c.req.valid('json')
      await addToCart(deps, c.var.cart, sku as SkuId, quantity) // The schema has checked that it is an id.
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
      await carts.remove(c.var.cart, c.req.valid('param').sku as SkuId) // The schema has checked that it is an id.
      return c.json(await showCart(deps, c.var.cart), 200)
    })
}
