import { CompactSign, exportSPKI, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createBearers } from '../../api/bearers.ts'
import type { UserId } from '../../domain/ids.ts'
import { signIn } from '../../local/sign-in.ts'
import { bearer, type Harness, startHarness, verifierOf } from './harness.ts'

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
    const [iss, aud] = [signIn.issuer, signIn.audience]
    const payload = { iss, aud, sub: id, exp: Math.floor(Date.now() / 1000) + 3600 }
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const tokens = {
      expired: await bearer(harness.keys.privateKey, id, { expires: Math.floor(Date.now() / 1000) - 1 }),
      unsigned: `${part({ alg: 'none' })}.${part(payload)}.`,
      'of another key': await bearer(stranger.privateKey, id),
      'confused with HS256': await new SignJWT(payload).setProtectedHeader({ alg: 'HS256' }).sign(publicPem),
      'without an end': await new SignJWT({ iss, aud, sub: id })
        .setProtectedHeader({ alg: 'RS256' })
        .sign(harness.keys.privateKey),
      'for nobody': await new SignJWT({ iss, aud, exp: payload.exp })
        .setProtectedHeader({ alg: 'RS256' })
        .sign(harness.keys.privateKey),
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

const bearersOf = async (more: Partial<Parameters<typeof createBearers>[0]> = {}) =>
  createBearers({
    verifier: await verifierOf(harness.keys),
    userOf: async ({ subject }) => subject as UserId,
    standing: { isWithdrawn: () => false, isBlocked: () => false },
    ...more,
  })

describe('verified tokens', () => {
  it('are kept until they expire, and no longer', async () => {
    let now = Date.now()
    const bearers = await bearersOf({ now: () => now })
    const token = await bearer(harness.keys.privateKey, '42', { expires: Math.floor(now / 1000) + 60 })
    expect(await bearers.whoIs(token)).toMatchObject({ id: '42' })
    now += 30_000
    expect(await bearers.whoIs(token)).toMatchObject({ id: '42' })
    now += 31_000
    expect(bearers.known(token)).toBeUndefined()
    expect(await bearers.whoIs(token)).toBeUndefined()
  })

  it('push out the one that was used least lately beyond their bound, which is verified again', async () => {
    const bearers = await bearersOf({ remember: 2 })
    const [a = '', b = '', c = ''] = await Promise.all(
      ['1', '2', '3'].map((id) => bearer(harness.keys.privateKey, id)),
    )
    await bearers.whoIs(a)
    await bearers.whoIs(b)
    expect(bearers.known(a)?.id).toBe('1')
    await bearers.whoIs(c)
    expect([bearers.known(a)?.id, bearers.known(b)?.id, bearers.known(c)?.id]).toEqual(['1', undefined, '3'])
    expect(await bearers.whoIs(b)).toMatchObject({ id: '2' })
  })

  it('take the same room however many spellings of them are sent', async () => {
    const userOf = vi.fn(async ({ subject }: { subject: string }) => subject as UserId)
    const bearers = await bearersOf({ userOf })
    const token = await bearer(harness.keys.privateKey, '42')
    await bearers.whoIs(token)
    for (const variant of [
      `${token}=`,
      `${token}==`,
      ` ${token}`,
      `${token}\n`,
      `${token}${'A'.repeat(9000)}`,
    ])
      expect(await bearers.whoIs(variant)).toBeUndefined()
    expect(userOf).toHaveBeenCalledTimes(1)
  })
})

describe('a role', () => {
  it('is what the claim says, to the letter, and adds to being a buyer', async () => {
    const bearers = await bearersOf()
    const roleBy = async (claims: Record<string, unknown>) =>
      (await bearers.whoIs(await bearer(harness.keys.privateKey, '42', claims)))?.role
    for (const role of ['operator', 'finance', 'admin']) expect(await roleBy({ role })).toBe(role)
    for (const claims of [
      {},
      { role: 'Operator' },
      { role: ['operator'] },
      { role: 'customer' },
      { roles: 'operator' },
      { role: true },
    ])
      expect([claims, await roleBy(claims)]).toEqual([claims, 'buyer'])
    const { api } = await harness.newBuyer({ role: 'operator' })
    expect((await api.v1.addresses.$get()).status).toBe(200)
  })
})
