import { randomInt, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { trustedProxies } from '../../api/client-address.ts'
import type { SkuId } from '../../domain/ids.ts'
import { fen } from '../../domain/money.ts'
import { type Harness, startHarness } from './harness.ts'
import { type Goods, stockGoods } from './shop.ts'

let harness: Harness
let tea: Goods
beforeAll(async () => {
  harness = await startHarness()
  tea = await stockGoods(harness.db, harness.ids, { price: 1999, pieces: 10 })
})
afterAll(() => harness.close())

type Line = { sku: string; line: string; quantity: number; selected: boolean; priceChanged: boolean }
type Cart = { lines: Line[]; selectedPieces: number; selectedTotal: { fen: string } }
type Asked = { method?: string; path?: string; body?: unknown; headers?: Record<string, string> }

async function ask({ method = 'GET', path = '', body, headers = {} }: Asked) {
  const answer = await fetch(`${harness.url}/v1/cart${path}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return {
    status: answer.status,
    headers: answer.headers,
    cart: (await answer.json()) as Cart & { code?: string },
  } // A cart, or a problem.
}
const signedIn = async () => {
  const { id, token } = await harness.newBuyer()
  return { id, headers: { authorization: `Bearer ${token}` } }
}
const add = (headers: Record<string, string>, sku: string, quantity: number) =>
  ask({ method: 'POST', path: '/lines', body: { sku, quantity }, headers })

describe('a cart', () => {
  it('adds, sums, changes, selects and removes', async () => {
    const { headers } = await signedIn()
    await add(headers, tea.sku, 2)
    const { status, cart } = await add(headers, tea.sku, 3)
    expect(status).toBe(200)
    expect(cart).toMatchObject({
      lines: [
        {
          sku: tea.sku,
          name: 'Tea 250 g',
          image: '/tea.png',
          attributes: { weight: '250 g' },
          quantity: 5,
          selected: true,
          priceWhenAdded: { fen: '1999', currency: 'CNY' },
          price: { fen: '1999' },
          priceChanged: false,
          onSale: true,
          stock: 10,
        },
      ],
      selectedPieces: 5,
      selectedTotal: { fen: '9995' },
    })
    const changed = await ask({
      method: 'PATCH',
      path: `/lines/${tea.sku}`,
      body: { quantity: 1, selected: false },
      headers,
    })
    expect(changed.cart).toMatchObject({
      lines: [{ quantity: 1, selected: false }],
      selectedPieces: 0,
      selectedTotal: { fen: '0' },
    })
    expect((await ask({ method: 'PATCH', body: { selected: true }, headers })).cart.selectedPieces).toBe(1)
    expect((await ask({ method: 'DELETE', path: `/lines/${tea.sku}`, headers })).cart.lines).toEqual([])
    expect(
      (await ask({ method: 'PATCH', path: `/lines/${tea.sku}`, body: { quantity: 1 }, headers })).status,
    ).toBe(404)
  })

  it('keeps the price of when a line was added, and shows what changed since', async () => {
    const { headers } = await signedIn()
    const cake = await stockGoods(harness.db, harness.ids, { price: 5000 })
    await add(headers, cake.sku, 1)
    await harness.db.sql`UPDATE skus SET price_fen = 4500 WHERE id = ${cake.sku}`
    const { cart } = await add(headers, cake.sku, 1)
    expect(cart).toMatchObject({
      lines: [{ priceWhenAdded: { fen: '5000' }, price: { fen: '4500' }, priceChanged: true }],
      selectedTotal: { fen: '9000' },
    })
    await harness.db.sql`UPDATE skus SET on_sale = false WHERE id = ${cake.sku}`
    const { cart: later } = await ask({ headers })
    expect(later).toMatchObject({ lines: [{ onSale: false }], selectedTotal: { fen: '0' } })
  })

  it('counts every one of a hundred additions at once', async () => {
    const { headers } = await signedIn()
    await Promise.all(Array.from({ length: 100 }, () => add(headers, tea.sku, 1)))
    expect((await ask({ headers })).cart.lines[0]?.quantity).toBe(100)
  })

  it.each([0, -1, 1000, 1.5])('refuses the quantity %s', async (quantity) => {
    const { headers } = await signedIn()
    expect(await add(headers, tea.sku, quantity)).toMatchObject({
      status: 422,
      cart: { code: 'quantity_invalid' },
    })
    expect((await ask({ headers })).cart.lines).toEqual([])
  })

  it('holds 999 pieces of a SKU at the most', async () => {
    const { headers } = await signedIn()
    await add(headers, tea.sku, 990)
    expect(await add(headers, tea.sku, 10)).toMatchObject({ status: 422, cart: { code: 'quantity_invalid' } })
    expect((await ask({ headers })).cart.lines[0]?.quantity).toBe(990)
  })

  it('refuses goods that do not exist or are not on sale', async () => {
    const { headers } = await signedIn()
    const gone = await stockGoods(harness.db, harness.ids, { onSale: false })
    expect(await add(headers, '1', 1)).toMatchObject({ status: 409, cart: { code: 'sku_unknown' } })
    expect(await add(headers, gone.sku, 1)).toMatchObject({ status: 409, cart: { code: 'not_on_sale' } })
    expect(await add(headers, 'tea', 1)).toMatchObject({
      status: 422,
      cart: { code: 'validation', field: 'sku' },
    })
    expect((await ask({ method: 'DELETE', path: '/lines/tea', headers })).status).toBe(404)
  })

  it('holds 120 SKUs at the most', async () => {
    const { id, headers } = await signedIn()
    // Any decimal is a SKU's id here.
    for (let i = 1; i <= 120; i++)
      await harness.carts.add(id, { sku: String(i) as SkuId, quantity: 1, price: fen(1) })
    expect(await add(headers, tea.sku, 1)).toMatchObject({ status: 409, cart: { code: 'cart_full' } })
  })
})

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
