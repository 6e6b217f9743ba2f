import { listAddresses } from '../../../db/reads/addresses.ts'
import type { AddressId } from '../../../domain/ids.ts'
import { changeAddress, createAddress, removeAddress } from '../../../services/buyers/addresses.ts'
import type { ApiDeps } from '../../deps.ts'
import { Problem } from '../errors/problem.ts'
import { signedIn } from '../middleware/identity.ts'
import { operation } from '../operation.ts'
import { routes } from '../routing.ts'
import { addressChange, addressInput, addressList, addressSchema } from '../schemas/address.ts'
import { bearer, body, idParam, json } from '../schemas/values.ts'

const about = { tags: ['Addresses'], security: bearer }

const list = operation({
  ...about,
  method: 'get',
  path: '/v1/addresses',
  operationId: 'listAddresses',
  summary: 'Your addresses, the default one first',
  description: 'At most 50. Somebody else’s are never there.',
  responses: { 200: json('The addresses', addressList) },
})

const create = operation(
  {
    ...about,
    method: 'post',
    path: '/v1/addresses',
    operationId: 'createAddress',
    summary: 'Adds an address; the first one is the default',
    description: 'The first one is the default, whether asked or not.',
    request: { body: body(addressInput) },
    responses: { 201: json('The new address', addressSchema) },
  },
  'addresses_full',
)

const change = operation({
  ...about,
  method: 'patch',
  path: '/v1/addresses/{id}',
  operationId: 'changeAddress',
  summary: 'Changes what is given; placed orders keep the address that they have',
  description: 'What is absent stays. Placed orders keep the address that they have.',
  request: { params: idParam, body: body(addressChange) },
  responses: { 200: json('The address as it is now', addressSchema) },
})

const remove = operation({
  ...about,
  method: 'delete',
  path: '/v1/addresses/{id}',
  operationId: 'removeAddress',
  summary: 'Removes an address; the newest other one becomes the default',
  description: 'When it was the default, the newest other one becomes it. Placed orders keep it.',
  request: { params: idParam },
  responses: { 204: { description: 'It is gone' } },
})

/** A buyer's addresses; somebody else's are not there. */
export function addressRoutes(deps: Pick<ApiDeps, 'db' | 'ids' | 'bearers'>) {
  const { sql } = deps.db
  const app = routes()
  app.use('/v1/addresses/*', signedIn(deps))
  return app
    .openapi(list, async (c) => c.json({ addresses: await listAddresses(sql, c.var.buyer) }, 200))
    .openapi(create, async (c) => {
      const address = await createAddress(sql, c.var.buyer, {
        id: deps.ids.next() as AddressId, // A fresh snowflake.
        ...c.req.valid('json'),
      })
      if (!address) throw new Problem('addresses_full')
      return c.json(address, 201)
    })
    .openapi(change, async (c) => {
      const address = await changeAddress(sql, c.var.buyer, {
        ...c.req.valid('json'),
        id: c.req.valid('param').id,
      })
      if (!address) throw new Problem('not_found')
      return c.json(address, 200)
    })
    .openapi(remove, async (c) => {
      if (!(await removeAddress(sql, c.var.buyer, c.req.valid('param').id))) throw new Problem('not_found')
      return c.body(null, 204)
    })
}
