import { describe, expect, it } from 'vitest'
import { differences } from './held-to-document.ts'

const problem = {
  type: '/problems/not_found',
  title: 'Not found',
  status: 404,
  detail: 'There is nothing here for you.',
  code: 'not_found',
}
const answer = (status: number, body: unknown, type = 'application/problem+json') =>
  new Response(JSON.stringify(body), { status, headers: { ...always, 'content-type': type } })
const always = { 'cache-control': 'no-store' }
const of = (one: Response) => differences('GET', '/v1/products/1', one)

describe('an answer that is held to the document', () => {
  it('passes when route, status, type and body are as described', async () => {
    expect(await of(answer(404, problem))).toEqual([])
    expect(await differences('GET', '/v1/nothing', answer(404, problem))).toEqual([])
  })

  it.each([
    ['another status', answer(418, problem)],
    ['another type', answer(404, problem, 'application/json')],
    ['a code that is not of this route', answer(404, { ...problem, code: 'no_ticket' })],
    ['a field that is not described', answer(404, { ...problem, more: 1 })],
    ['a field that is missing', answer(404, { ...problem, detail: undefined })],
  ])('differs by %s', async (_, one) => {
    expect(await of(one)).toHaveLength(1)
  })

  it.each<[string, Record<string, string>]>([
    ['a header that is not described', { ...always, location: '/v1/orders/1' }],
    ['another value of a header that has few', { 'cache-control': 'public' }],
  ])('differs by %s', async (_, headers) => {
    const type = 'application/problem+json'
    const one = Response.json(problem, { status: 404, headers: { ...headers, 'content-type': type } })
    expect(await of(one)).toHaveLength(1)
  })

  it('differs by a header that is missing', async () => {
    const fresh = { 'cache-control': 'public, no-cache' }
    const one = Response.json({ products: [], next: null }, { headers: fresh })
    expect(await differences('GET', '/v1/products', one)).toEqual(['GET /v1/products → 200 has no etag'])
  })

  it('may say what the limit is, and need not', async () => {
    const one = answer(404, problem)
    one.headers.set('ratelimit-remaining', '3')
    expect(await of(one)).toEqual([])
  })

  it('may be null where a reference allows it, and nowhere else', async () => {
    const none = { fen: '0', currency: 'CNY' }
    const line = { line: 'a', sku: '1', name: '', image: '', attributes: {}, quantity: 1, selected: true }
    const now = { priceChanged: false, onSale: false, stock: 0, addedAt: '2026-12-12T02:00:00.000Z' }
    const cart = (price: unknown, selectedTotal: unknown) =>
      answer(
        200,
        { lines: [{ ...line, ...now, priceWhenAdded: none, price }], selectedPieces: 0, selectedTotal },
        'application/json',
      )
    expect(await differences('GET', '/v1/cart', cart(null, none))).toEqual([])
    expect(await differences('GET', '/v1/cart', cart(none, null))).toHaveLength(1)
  })
})
