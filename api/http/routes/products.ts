import { listProducts, readProduct } from '../../../db/reads/catalogue.ts'
import type { ApiDeps } from '../../deps.ts'
import { Problem } from '../errors/problem.ts'
import { operation } from '../operation.ts'
import { routes } from '../routing.ts'
import { productPage, productSchema } from '../schemas/goods.ts'
import { idParam, json, open, page } from '../schemas/values.ts'
import { productView } from '../views/goods.ts'

const unchanged = { 304: { description: 'It is as `If-None-Match` says' } }

const list = operation({
  method: 'get',
  path: '/v1/products',
  tags: ['Products'],
  security: open,
  operationId: 'listProducts',
  summary: 'What the shop sells, oldest first',
  description: 'Prices and stock are those of this moment.',
  request: { query: page },
  responses: { 200: json('A page of products', productPage), ...unchanged },
})

const one = operation({
  method: 'get',
  path: '/v1/products/{id}',
  tags: ['Products'],
  security: open,
  operationId: 'getProduct',
  summary: 'One product with its SKUs',
  description: 'Prices and stock are those of this moment.',
  request: { params: idParam },
  responses: { 200: json('The product', productSchema), ...unchanged },
})

/** The catalogue; open to everybody. */
export const productRoutes = ({ db }: Pick<ApiDeps, 'db'>) =>
  routes()
    .openapi(list, async (c) => {
      const { cursor, limit } = c.req.valid('query')
      const found = await listProducts(db, BigInt(cursor ?? 0), limit + 1)
      const products = found.slice(0, limit).map(productView)
      return c.json({ products, next: found.length > limit ? (products.at(-1)?.id ?? null) : null }, 200)
    })
    .openapi(one, async (c) => {
      const product = await readProduct(db, BigInt(c.req.valid('param').id))
      if (!product) throw new Problem('not_found')
      return c.json(productView(product), 200)
    })
