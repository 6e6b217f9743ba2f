import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { trustedProxies } from '../../api/client-address.ts'
import { type Harness, startHarness } from './harness.ts'
import { stockGoods } from './shop.ts'

const shop = 'https://www.shop.example'
let harness: Harness
beforeAll(async () => {
  harness = await startHarness({ allowedOrigins: [shop], trustedProxies: trustedProxies('127.0.0.1') })
  await stockGoods(harness.db, harness.ids)
})
afterAll(() => harness.close())

const ask = (path: string, headers: Record<string, string>, init: RequestInit = {}) =>
  fetch(harness.url + path, { ...init, headers: { ...headers, ...init.headers } })

describe('a page of an allowed origin', () => {
  const join = '/v1/seckill/sessions/2026121210/offers/1/tickets'

  it('may ask what it may do, of every route', async () => {
    for (const path of ['/v1/orders', join]) {
      const answer = await ask(
        path,
        {
          origin: shop,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'idempotency-key',
        },
        { method: 'OPTIONS' },
      )
      expect([path, answer.status]).toEqual([path, 204])
      expect(answer.headers.get('access-control-allow-origin')).toBe(shop)
      expect(answer.headers.get('access-control-allow-credentials')).toBe('true')
      expect(answer.headers.get('access-control-allow-headers')).toContain('idempotency-key')
    }
  })

  it('may change something by the cookie, and a page of another origin may not, nor read an answer', async () => {
    const cookie = `floodgate_token=${(await harness.newBuyer()).token}`
    const post = (origin: string, site: string) =>
      ask(
        '/v1/addresses',
        { origin, cookie, 'sec-fetch-site': site, 'content-type': 'application/json' },
        { method: 'POST', body: '{}' },
      )
    const own = await post(shop, 'same-site')
    expect([own.status, own.headers.get('access-control-allow-origin')]).toEqual([422, shop])
    const other = await post('https://evil.example', 'same-site')
    expect([other.status, other.headers.get('access-control-allow-origin')]).toEqual([403, null])
  })
})

describe('a cookie of ours', () => {
  const cartCookie = async (headers: Record<string, string>) =>
    (await ask('/v1/cart', headers)).headers.get('set-cookie') ?? ''

  it('is Secure and of this host alone where the browser speaks https to a trusted proxy', async () => {
    expect(await cartCookie({ 'x-forwarded-proto': 'https' })).toMatch(
      /^__Host-floodgate_cart=[^;]+; .*Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    )
    expect(await cartCookie({})).toMatch(/^floodgate_cart=(?!.*Secure)/)
  })

  it('is taken under both names, for the cart and for the token', async () => {
    const name = '3f0c1d2e-8a55-4a0e-9b8e-0d4f1f0b7c11'
    for (const prefix of ['', '__Host-']) {
      expect(await cartCookie({ cookie: `${prefix}floodgate_cart=${name}` })).toBe('')
      const { token } = await harness.newBuyer()
      expect((await ask('/v1/addresses', { cookie: `${prefix}floodgate_token=${token}` })).status).toBe(200)
    }
  })
})

describe('an answer', () => {
  it('about a person stays in no cache', async () => {
    const { token } = await harness.newBuyer()
    for (const path of ['/v1/addresses', '/v1/orders', '/v1/cart'])
      expect((await ask(path, { authorization: `Bearer ${token}` })).headers.get('cache-control')).toBe(
        'no-store',
      )
  })

  it('about products has a tag, and is 304 for who has it', async () => {
    const first = await ask('/v1/products', {})
    const tag = first.headers.get('etag') ?? ''
    expect([first.status, tag, first.headers.get('cache-control')]).toEqual([
      200,
      expect.stringMatching(/^(W\/)?"/),
      'public, no-cache',
    ])
    expect((await ask('/v1/products', { 'if-none-match': tag })).status).toBe(304)
  })
})
