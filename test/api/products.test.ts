import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApiClient } from '../../api/client.ts'
import { type Harness, startHarness } from './harness.ts'
import { type Goods, stockGoods } from './shop.ts'

let harness: Harness
const goods: Goods[] = []
beforeAll(async () => {
  harness = await startHarness()
  for (let i = 0; i < 5; i++)
    goods.push(
      await stockGoods(harness.db, harness.ids, { price: 100 + i, pieces: 10 + i, name: `Tea ${i}` }),
    )
})
afterAll(() => harness.close())

const list = async (query: { limit?: string; cursor?: string } = {}) => {
  const answer = await createApiClient(harness.url, '').v1.products.$get({ query })
  if (answer.status !== 200) throw new Error(`no list: ${answer.status}`)
  return answer.json()
}

describe('products', () => {
  it('are listed page by page, for everybody', async () => {
    const first = await list({ limit: '3' })
    expect(first.products.map(({ id }) => id)).toEqual(goods.slice(0, 3).map(({ product }) => product))
    const second = await list({ limit: '3', cursor: String(first.next) })
    expect(second.products.map(({ id }) => id)).toEqual(goods.slice(3).map(({ product }) => product))
    expect(second.next).toBeNull()
    expect((await list({ limit: '5' })).next).toBeNull()
  })

  it('have SKUs with the price and the free stock of this moment', async () => {
    const [tea] = goods
    const answer = await createApiClient(harness.url, '').v1.products[':id'].$get({
      param: { id: tea?.product ?? '' },
    })
    expect(await answer.json()).toEqual({
      id: tea?.product,
      name: 'Tea 0',
      category: '',
      skus: [
        {
          id: tea?.sku,
          name: 'Tea 0 250 g',
          image: '/tea.png',
          attributes: { weight: '250 g' },
          price: { fen: '100', currency: 'CNY' },
          onSale: true,
          stock: 10,
          sales: '0',
        },
      ],
    })
  })

  it('go out compressed where that is worth while, and are 304 all the same', async () => {
    const ask = (path: string, headers: Record<string, string>) =>
      fetch(harness.url + path, { headers: { 'accept-encoding': 'identity', ...headers } })
    const gzip = { 'accept-encoding': 'gzip' }
    const [plain, zipped] = [await ask('/v1/products', {}), await ask('/v1/products', gzip)]
    expect([plain, zipped].map(({ headers }) => headers.get('content-encoding'))).toEqual([null, 'gzip'])
    expect([plain, zipped].map(({ headers }) => headers.get('vary'))).toEqual([
      'Accept-Encoding',
      'Accept-Encoding',
    ])
    expect(await zipped.json()).toEqual(await plain.json())
    const tag = zipped.headers.get('etag') ?? ''
    expect(tag).toBe(plain.headers.get('etag'))
    expect((await ask('/v1/products', { ...gzip, 'if-none-match': tag })).status).toBe(304)
    const small = await ask(`/v1/products/${goods[0]?.product}`, gzip)
    expect([small.status, small.headers.get('content-encoding')]).toEqual([200, null])
    const problem = await ask('/v1/products/1', gzip)
    expect([problem.status, problem.headers.get('content-encoding')]).toEqual([404, null])
  })

  it.each(['1', '0', 'x', '%27'])('%s is not found', async (id) => {
    expect((await fetch(`${harness.url}/v1/products/${id}`)).status).toBe(404)
  })

  it.each([
    'limit=0',
    'limit=101',
    'limit=1.5',
    'limit=0x10',
    'limit=1e2',
    'limit=%2010',
    'limit=010',
    'limit=',
    'cursor=-1',
    "cursor='",
  ])('refuses %s', async (query) => {
    expect((await fetch(`${harness.url}/v1/products?${query}`)).status).toBe(422)
  })
})
