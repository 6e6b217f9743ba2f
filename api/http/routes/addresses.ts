import { createRoute, z } from '@hono/zod-openapi'
import { listAddresses } from '../../../db/reads/addresses.ts'
import { changeAddress, createAddress, removeAddress } from '../../../services/buyers/addresses.ts'
import type { ApiDeps } from '../../deps.ts'
import { Problem } from '../errors/problem.ts'
import { signedIn } from '../middleware/identity.ts'
import { routes } from '../routing.ts'
import { addressChange, addressInput, addressSchema } from '../schemas/address.ts'
import { bearer, body, idParam, json, problems } from '../schemas/values.ts'

const about = { tags: ['Addresses'], security: bearer }

const list = createRoute({
  ...about,
  method: 'get',
  path: '/v1/addresses',
  summary: 'Your addresses, the default one first',
  responses: { 200: json('The addresses', z.object({ addresses: z.array(addressSchema) })), ...problems },
})

const create = createRoute({
  ...about,
  method: 'post',
  path: '/v1/addresses',
  summary: 'Adds an address; the first one is the default',
  request: { body: body(addressInput) },
  responses: { 201: json('The new address', addressSchema), ...problems },
})

const change = createRoute({
  ...about,
  method: 'patch',
  path: '/v1/addresses/{id}',
  summary: 'Changes what is given; placed orders keep the address that they have',
  request: { params: idParam, body: body(addressChange) },
  responses: { 200: json('The address as it is now', addressSchema), ...problems },
})

const remove = createRoute({
  ...about,
  method: 'delete',
  path: '/v1/addresses/{id}',
  summary: 'Removes an address; the newest other one becomes the default',
  request: { params: idParam },
  responses: { 204: { description: 'It is gone' }, ...problems },
})

/** A buyer's addresses; somebody else's are not there. */
export function addressRoutes(deps: Pick<ApiDeps, 'db' | 'ids' | 'bearers'>) {
  const { sql } = deps.db
  const app = routes()
  app.use('/v1/addresses/*', signedIn(deps))
  return app
    .openapi(list, async (c) => c.json({ addresses: await listAddresses(sql, c.var.buyer) }, 200))
    .openapi(create, async (c) => {
      const address = await createAddress(sql, c.var.buyer, deps.ids.next(), c.req.valid('json'))
      if (!address) throw new Problem('addresses_full')
      return c.json(address, 201)
    })
    .openapi(change, async (c) => {
      const address = await changeAddress(sql, c.var.buyer, c.req.valid('param').id, c.req.valid('json'))
      if (!address) throw new Problem('not_found')
      return c.json(address, 200)
    })
    .openapi(remove, async (c) => {
      if (!(await removeAddress(sql, c.var.buyer, c.req.valid('param').id))) throw new Problem('not_found')
      return c.body(null, 204)
    })
}
