import { randomInt, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { trustedProxies } from '../../api/client-address.ts'
import { cartClient } from './cart-client.ts'
import { type Harness, startHarness } from './harness.ts'
import { type Goods, stockGoods } from './shop.ts'

let harness: Harness
let tea: Goods
beforeAll(async () => {
  harness = await startHarness()
  tea = await stockGoods(harness.db, harness.ids, { price: 1999, pieces: 10 })
})
afterAll(() => harness.close())

const { ask, signedIn, add } = cartClient(() => harness)

const newAddress = () => `10.${randomInt(256)}.${randomInt(256)}.${randomInt(256)}`

describe('an anonymous cart', () => {
  it('is handed out by header and cookie, and lives as long as it is set to', async () => {
    const first = await ask({ method: 'POST', path: '/lines', body: { sku: tea.sku, quantity: 2 } })
    const name = first.headers.get('x-cart')
    expect(first.headers.get('set-cookie')).toMatch(
      `floodgate_cart=${name}; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax`,
    )
    expect((await ask({ headers: { cookie: `floodgate_cart=${name}` } })).cart.lines[0]?.quantity).toBe(2)
    expect((await ask({ headers: { 'x-cart': String(name) } })).cart.lines[0]?.quantity).toBe(2)
    const ttl = await harness.redis.ttl(`cart:anon-${name}`)
    expect(ttl).toBeGreaterThan(3500)
    expect(ttl).toBeLessThanOrEqual(3600)
  })

  it('is bounded by how many its address may have; what was merged, emptied or has ended makes room', async () => {
    const small = await startHarness({
      anonymousCarts: { validS: 3600, perAddress: 3 },
      trustedProxies: trustedProxies('127.0.0.1'),
    })
    const { sku } = await stockGoods(small.db, small.ids)
    const put = async (name: string, address: string, headers: Record<string, string> = {}) => {
      const answer = await fetch(`${small.url}/v1/cart/lines`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-cart': name,
          'x-forwarded-for': address,
          ...headers,
        },
        body: JSON.stringify({ sku, quantity: 1 }),
      })
      return answer.status === 200 ? 200 : [answer.status, ((await answer.json()) as { code: string }).code]
    }
    const [one, other] = [newAddress(), newAddress()]
    const names = Array.from({ length: 3 }, () => randomUUID())
    for (const name of names) expect(await put(name, one)).toBe(200)
    expect(await put(randomUUID(), one)).toEqual([429, 'too_many_carts'])
    expect(await put(names[0] ?? '', one), 'one that is there goes on').toBe(200)
    expect(await put(randomUUID(), other), 'and so does the neighbour').toBe(200)
    const { token } = await small.newBuyer()
    const signedIn = { authorization: `Bearer ${token}` }
    expect(await put(names[0] ?? '', one, signedIn), 'who signs in needs none').toBe(200)
    expect(await put(randomUUID(), one), 'the merged one has made room').toBe(200)
    expect(await put(randomUUID(), one)).toEqual([429, 'too_many_carts'])
    await small.redis.zadd(`carts:${one}`, 1, `cart:anon-${names[1]}`) // Its end has come.
    expect(await put(randomUUID(), one)).toBe(200)
    await small.close()
  })

  it('of nothing costs nothing: looking at it, or being refused, counts for no address', async () => {
    const small = await startHarness({
      anonymousCarts: { validS: 3600, perAddress: 1 },
      trustedProxies: trustedProxies('127.0.0.1'),
    })
    const { sku } = await stockGoods(small.db, small.ids)
    const from = { 'x-forwarded-for': newAddress() }
    for (let i = 0; i < 5; i++)
      expect((await fetch(`${small.url}/v1/cart`, { headers: from })).status).toBe(200)
    const added = await fetch(`${small.url}/v1/cart/lines`, {
      method: 'POST',
      headers: { ...from, 'content-type': 'application/json' },
      body: JSON.stringify({ sku, quantity: 1 }),
    })
    expect(added.status).toBe(200)
    expect(added.headers.get('set-cookie')).toMatch('Max-Age=3600')
    expect(await small.redis.ttl(`cart:anon-${added.headers.get('x-cart')}`)).toBeLessThanOrEqual(3600)
    await small.close()
  })

  it('is not the cart of a buyer, whatever it is called', async () => {
    const { id, headers } = await signedIn()
    await add(headers, tea.sku, 1)
    for (const name of [id, `anon-${id}`, '../x'])
      expect((await ask({ headers: { 'x-cart': name } })).cart.lines).toEqual([])
  })

  it('merges at login: sums, keeps the buyer’s price, and is gone', async () => {
    const { headers } = await signedIn()
    const cake = await stockGoods(harness.db, harness.ids, { price: 5000 })
    const other = await stockGoods(harness.db, harness.ids)
    await add(headers, cake.sku, 1)
    await harness.db.sql`UPDATE skus SET price_fen = 6000 WHERE id = ${cake.sku}`
    const cart = { 'x-cart': randomUUID() }
    await add(cart, cake.sku, 2)
    await add(cart, other.sku, 4)
    const merged = await Promise.all(
      Array.from({ length: 5 }, () => ask({ headers: { ...headers, ...cart } })),
    )
    for (const { cart } of merged.slice(-1)) {
      expect(cart.lines).toMatchObject([
        { sku: cake.sku, quantity: 3, priceWhenAdded: { fen: '5000' } },
        { sku: other.sku, quantity: 4 },
      ])
    }
    expect((await ask({ headers: cart })).cart.lines).toEqual([])
  })

  it('merges no more than 999 pieces of a SKU', async () => {
    const { headers } = await signedIn()
    const cart = { 'x-cart': randomUUID() }
    await add(headers, tea.sku, 600)
    await add(cart, tea.sku, 600)
    expect((await ask({ headers: { ...headers, ...cart } })).cart.lines[0]?.quantity).toBe(999)
  })

  it('is not taken with a token that is not good', async () => {
    const cart = { 'x-cart': randomUUID() }
    await add(cart, tea.sku, 1)
    expect((await ask({ headers: { ...cart, authorization: 'Bearer nonsense' } })).status).toBe(401)
    expect((await ask({ headers: cart })).cart.lines).toHaveLength(1)
  })
})
