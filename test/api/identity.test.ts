import { createServer, type Server } from 'node:http'
import { CompactSign, exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createBearers } from '../../api/bearers.ts'
import { bearer, type Harness, startHarness } from './harness.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
})
afterAll(() => harness.close())

const statusWith = async (headers: Record<string, string>, init: RequestInit = {}) =>
  (await fetch(`${harness.url}/v1/addresses`, { ...init, headers: { ...headers, ...init.headers } })).status
const withToken = (token: string) => statusWith({ authorization: `Bearer ${token}` })

describe('who you are', () => {
  it('is said by a bearer, or by the cookie', async () => {
    const { token } = await harness.newBuyer()
    expect(await withToken(token)).toBe(200)
    expect(await statusWith({ authorization: `bearer ${token}` })).toBe(200)
    expect(await statusWith({ cookie: `floodgate_token=${token}` })).toBe(200)
  })

  it('has to be said', async () => {
    const answer = await fetch(`${harness.url}/v1/orders`)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    expect(await answer.json()).toMatchObject({ code: 'unauthenticated' })
    for (const path of ['/v1/orders/1', '/v1/addresses', '/v1/addresses/1'])
      expect((await fetch(harness.url + path)).status).toBe(401)
    const quote = await fetch(`${harness.url}/v1/quotes`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    })
    expect(quote.status).toBe(401)
  })

  it('refuses what is expired, unsigned, signed by another key, or signed with our public key as if it were a secret', async () => {
    const { id } = await harness.newBuyer()
    const stranger = await generateKeyPair('RS256')
    const publicPem = new TextEncoder().encode(await exportSPKI(harness.keys.publicKey))
    const payload = { sub: id, exp: Math.floor(Date.now() / 1000) + 3600 }
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const tokens = {
      expired: await bearer(harness.keys.privateKey, id, Math.floor(Date.now() / 1000) - 1),
      unsigned: `${part({ alg: 'none' })}.${part(payload)}.`,
      'of another key': await bearer(stranger.privateKey, id),
      'confused with HS256': await new SignJWT(payload).setProtectedHeader({ alg: 'HS256' }).sign(publicPem),
      'without an end': await new SignJWT({ sub: id })
        .setProtectedHeader({ alg: 'RS256' })
        .sign(harness.keys.privateKey),
      'for nobody': await new SignJWT({ exp: payload.exp })
        .setProtectedHeader({ alg: 'RS256' })
        .sign(harness.keys.privateKey),
      'for no id': await bearer(harness.keys.privateKey, 'admin'),
      'not JSON': await new CompactSign(new TextEncoder().encode('hello'))
        .setProtectedHeader({ alg: 'RS256' })
        .sign(harness.keys.privateKey),
      nonsense: 'a.b.c',
      empty: '',
    }
    for (const [what, token] of Object.entries(tokens))
      expect([what, await withToken(token)]).toEqual([what, 401])
  })

  it('by cookie changes nothing from another site’s page', async () => {
    const cookie = `floodgate_token=${(await harness.newBuyer()).token}`
    const place = (headers: Record<string, string>) =>
      statusWith({ cookie, 'content-type': 'application/json', ...headers }, { method: 'POST', body: '{}' })
    expect(await place({ 'sec-fetch-site': 'cross-site' })).toBe(403)
    expect(await place({ 'sec-fetch-site': 'same-site' })).toBe(403)
    expect(await place({ origin: 'https://evil.example' })).toBe(403)
    expect(await place({ origin: 'null' })).toBe(403)
    expect(await place({ 'sec-fetch-site': 'same-origin' })).toBe(422)
    expect(await place({ origin: harness.url })).toBe(422)
  })
})

describe('verified tokens', () => {
  it('are remembered until they expire, and no longer', async () => {
    let now = Date.now()
    const bearers = createBearers({ publicKey: await exportSPKI(harness.keys.publicKey) }, { now: () => now })
    const token = await bearer(harness.keys.privateKey, '42', Math.floor(now / 1000) + 60)
    expect(await bearers.whoIs(token)).toMatchObject({ id: '42' })
    now += 30_000
    expect(await bearers.whoIs(token)).toMatchObject({ id: '42' })
    now += 31_000
    expect(await bearers.whoIs(token)).toBeUndefined()
    expect(await bearers.whoIs(token)).toBeUndefined()
  })

  it('push each other out beyond their bound, and are verified again', async () => {
    const bearers = createBearers({ publicKey: await exportSPKI(harness.keys.publicKey) }, { remember: 2 })
    const tokens = await Promise.all(['1', '2', '3', '4'].map((id) => bearer(harness.keys.privateKey, id)))
    for (const round of [1, 2])
      for (const [i, token] of tokens.entries())
        expect([round, await bearers.whoIs(token)]).toEqual([round, { id: String(i + 1), operator: false }])
  })
})

describe('the role of operator', () => {
  it('is what the claim says, to the letter, and adds to being a buyer', async () => {
    const bearers = createBearers({ publicKey: await exportSPKI(harness.keys.publicKey) })
    const operatorBy = async (claims: Record<string, unknown>) =>
      (await bearers.whoIs(await bearer(harness.keys.privateKey, '42', '1h', claims)))?.operator
    expect(await operatorBy({ role: 'operator' })).toBe(true)
    for (const claims of [
      {},
      { role: 'Operator' },
      { role: ['operator'] },
      { role: 'customer' },
      { roles: 'operator' },
      { role: true },
    ])
      expect([claims, await operatorBy(claims)]).toEqual([claims, false])
    const { api } = await harness.newBuyer({ role: 'operator' })
    expect((await api.v1.addresses.$get()).status).toBe(200)
  })
})

describe('keys that are published', () => {
  let server: Server
  let status = 200
  let url: string
  beforeAll(async () => {
    const jwk = { ...(await exportJWK(harness.keys.publicKey)), alg: 'RS256', kid: 'k1' }
    server = createServer((_, response) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [jwk] })),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    url = typeof address === 'object' && address ? `http://127.0.0.1:${address.port}/jwks` : ''
  })
  afterAll(() => new Promise((resolve) => server.close(resolve)))

  it('verify tokens', async () => {
    const token = await new SignJWT({ sub: '42' })
      .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
      .setExpirationTime('1h')
      .sign(harness.keys.privateKey)
    expect(await createBearers({ jwksUrl: url }).whoIs(token)).toMatchObject({ id: '42' })
    const unknown = await new SignJWT({ sub: '42' })
      .setProtectedHeader({ alg: 'RS256', kid: 'k2' })
      .setExpirationTime('1h')
      .sign(harness.keys.privateKey)
    expect(await createBearers({ jwksUrl: url }).whoIs(unknown)).toBeUndefined()
  })

  it('that cannot be had are a fault, and no reason to call a buyer unknown', async () => {
    status = 503
    await expect(
      createBearers({ jwksUrl: url }).whoIs(await bearer(harness.keys.privateKey, '42')),
    ).rejects.toThrow()
  })
})
