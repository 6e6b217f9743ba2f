import { type JWTPayload, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createBearers } from '../../api/bearers.ts'
import { createTokenVerifier } from '../../api/token-verifier.ts'
import type { UserId } from '../../domain/ids.ts'
import { freePort } from '../../local/servers/ports.ts'
import { signIn } from '../../local/sign-in.ts'
import { blockUser, withdrawTokens } from '../../services/buyers/withdrawals.ts'
import { bearer, type Harness, startHarness } from './harness.ts'
import { home } from './shop.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
})
afterAll(() => harness.close())

const good = () => ({
  iss: signIn.issuer,
  aud: signIn.audience,
  exp: Math.floor(Date.now() / 1000) + 3600,
})
const signed = (claims: JWTPayload) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'RS256' }).sign(harness.keys.privateKey)
const ask = (token: string, path = '/v1/addresses') =>
  fetch(harness.url + path, { headers: { authorization: `Bearer ${token}` } })
const statusOf = async (claims: JWTPayload) => (await ask(await signed(claims))).status

describe('a token’s subject', () => {
  it('that is no string is nobody, whatever it would read as', async () => {
    for (const sub of [42, Number('7263549184000000001'), ['42'], { id: '42' }, true, null, ''])
      expect([sub, await statusOf({ ...good(), sub: sub as string })]).toEqual([sub, 401])
  })

  it('of any form is a buyer of ours from its first request on, and the same one ever after', async () => {
    const subjects = [
      '5f0c1d2e-8a55-4a0e-9b8e-0d4f1f0b7c11',
      'auth0|9d3f',
      'zhang.san@shop.example',
      '张三',
      '007',
      '9223372036854775807',
    ]
    const seen = new Set<string>()
    for (const sub of subjects) {
      const made = await fetch(`${harness.url}/v1/addresses`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${await signed({ ...good(), sub })}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify(home),
      })
      expect([sub, made.status]).toEqual([sub, 201])
      const { id } = (await made.json()) as { id: string } // A new address has one.
      const [row] = await harness.db.sql<{ user: string }[]>`
        SELECT user_id::text AS user
        FROM addresses
        WHERE id = ${id}`
      seen.add(row?.user ?? '')
      const again = await ask(await signed({ ...good(), sub, jti: 'another token' }))
      expect(await again.text()).toContain(id)
    }
    expect(seen.size).toBe(subjects.length)
    expect(seen).not.toContain('7')
  })

  it('seen first by many requests at once is one buyer', async () => {
    const tokens = await Promise.all(
      Array.from({ length: 20 }, (_, n) => signed({ ...good(), sub: 'first-sight', jti: `${n}` })),
    )
    expect(await Promise.all(tokens.map(async (token) => (await ask(token)).status))).toEqual(
      tokens.map(() => 200),
    )
    const rows = await harness.db.sql`
      SELECT i.user_id
      FROM identities i
      JOIN users u ON u.id = i.user_id
      WHERE i.subject = 'first-sight'`
    expect(rows).toHaveLength(1)
  })

  it('that a database cannot hold, or nobody can read, is nobody', async () => {
    for (const sub of ['a\u0000b', 'a\ud800b', 'line\nbreak', 'x'.repeat(256)])
      expect([sub, await statusOf({ ...good(), sub })]).toEqual([sub, 401])
  })
})

describe('a token', () => {
  it('for another application, or of another issuer, is not good here, whatever its role', async () => {
    const role = { sub: '42', role: 'admin' }
    expect(await statusOf({ ...good(), ...role })).toBe(200)
    const { aud: _, ...forNobody } = good()
    const { iss: __, ...ofNobody } = good()
    for (const claims of [
      { ...good(), aud: 'another application' },
      { ...good(), aud: ['another application', 'a third'] },
      forNobody,
      { ...good(), iss: 'https://id.another.test' },
      ofNobody,
    ])
      expect([claims, await statusOf({ ...claims, ...role })]).toEqual([claims, 401])
  })

  it('written otherwise than its signer wrote it is not good', async () => {
    const token = await bearer(harness.keys.privateKey, '42')
    expect((await ask(token)).status).toBe(200)
    const last = token.at(-1) ?? ''
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const trailing = alphabet[alphabet.indexOf(last) + 1] ?? ''
    // 256 bytes leave four bits of the last character unused: a neighbour decodes to the same bytes.
    expect(Buffer.from(token.slice(0, -1) + trailing, 'base64url')).toEqual(Buffer.from(token, 'base64url'))
    for (const variant of [`${token.slice(0, -1)}${trailing}`, `${token}=`, `${token}==`, `${token}\t`])
      expect([variant.slice(-4), (await ask(variant.replace('\t', '%09'))).status]).toEqual([
        variant.slice(-4),
        401,
      ])
  })

  it('lives at the most as long as the shop says, however far its end is', async () => {
    const now = Math.floor(Date.now() / 1000)
    const sub = '42'
    expect(await statusOf({ ...good(), sub, exp: now + 23 * 3600 })).toBe(200)
    expect(await statusOf({ ...good(), sub, exp: now + 25 * 3600 })).toBe(401)
    expect(await statusOf({ ...good(), sub, iat: now - 30 * 3600, exp: now + 600 })).toBe(401)
    expect(await statusOf({ ...good(), sub, iat: now + 600 })).toBe(401)
  })

  it('that nobody can verify, as the sign-in’s keys are away, is answered 503 with when to come again', async () => {
    const key = { jwksUrl: `http://127.0.0.1:${await freePort()}/keys` } // Nobody serves there.
    const dark = await startHarness({
      bearers: createBearers({
        verifier: createTokenVerifier({ key, ...signIn, audience: [signIn.audience], maxLifeS: 86_400 }),
        userOf: async ({ subject }) => subject as UserId,
        standing: { isWithdrawn: () => false, isBlocked: () => false },
      }),
    })
    const token = await signed({ ...good(), sub: '42' })
    const answer = await fetch(`${dark.url}/v1/addresses`, { headers: { authorization: `Bearer ${token}` } })
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^\d+$/)])
    expect(await answer.json()).toMatchObject({ code: 'sign_in_away' })
    await dark.close()
  })
})

describe('what the shop has withdrawn', () => {
  const life = 86_400
  const nowS = () => Math.floor(Date.now() / 1000)
  const soon = (token: string, status: number) =>
    vi.waitFor(async () => expect((await ask(token)).status).toBe(status), { timeout: 10_000, interval: 20 })

  it('by its id is good no longer, though it was verified before, and the buyer’s other tokens are', async () => {
    const { id } = await harness.newBuyer()
    const lost = await signed({ ...good(), sub: id, jti: 'lost-phone' })
    const other = await signed({ ...good(), sub: id, jti: 'other-phone' })
    expect([(await ask(lost)).status, (await ask(other)).status]).toEqual([200, 200])
    await withdrawTokens(harness.db.sql, { jti: 'lost-phone' }, life)
    await soon(lost, 401)
    expect((await ask(other)).status).toBe(200)
  })

  it('of a buyer before a moment is good no longer; who signs in again goes on, and so do others', async () => {
    const [{ id }, neighbour] = await Promise.all([harness.newBuyer(), harness.newBuyer()])
    const before = await signed({ ...good(), sub: id, iat: nowS() - 600 })
    const undated = await signed({ ...good(), sub: id })
    const after = await signed({ ...good(), sub: id, iat: nowS() })
    for (const token of [before, undated, after]) expect((await ask(token)).status).toBe(200)
    await withdrawTokens(harness.db.sql, { user: id, before: new Date((nowS() - 60) * 1000) }, life)
    await soon(before, 401)
    await soon(undated, 401)
    expect((await ask(after)).status).toBe(200)
    expect((await ask(neighbour.token)).status).toBe(200)
  })

  it('of everybody before a moment is good no longer', async () => {
    const old = await signed({ ...good(), sub: '42', iat: nowS() - 7200 })
    expect((await ask(old)).status).toBe(200)
    await withdrawTokens(harness.db.sql, { everybody: true, before: new Date((nowS() - 3600) * 1000) }, life)
    await soon(old, 401)
    expect((await ask(await signed({ ...good(), sub: '42', iat: nowS() }))).status).toBe(200)
    await harness.db.sql`DELETE FROM token_withdrawals`
    await soon(old, 200)
  })

  it('is a buyer’s right to change anything while the account is blocked; they still see what they have', async () => {
    const { id } = await harness.newBuyer()
    const token = await bearer(harness.keys.privateKey, id)
    const put = async () => {
      const answer = await fetch(`${harness.url}/v1/addresses`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(home),
      })
      return [answer.status, ((await answer.json()) as { code?: string }).code] // A problem has a code.
    }
    expect(await put()).toEqual([201, undefined])
    expect(await blockUser(harness.db.sql, id, true)).toBe(true)
    await vi.waitFor(async () => expect(await put()).toEqual([409, 'buyer_blocked']), { timeout: 10_000 })
    expect((await ask(token)).status).toBe(200)
    await blockUser(harness.db.sql, id, false)
    await vi.waitFor(async () => expect(await put()).toEqual([201, undefined]), { timeout: 10_000 })
    expect(await blockUser(harness.db.sql, harness.ids.next() as UserId, true)).toBe(false)
  })
})

describe('a role’s rights', () => {
  const as = async (role: string, method: string, path: string) => {
    const { token } = await harness.newBuyer({ role })
    const answer = await fetch(harness.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(method === 'POST' && { body: '{}' }),
    })
    await answer.body?.cancel()
    return answer.status
  }
  const refunds = '/v1/ops/orders/7263549184000000001/refunds'

  it('let operators plan sales and move no money, finance the reverse, and admins both', async () => {
    for (const [role, sessions, refund, look] of [
      ['buyer', 403, 403, 403],
      ['operator', 422, 403, 200],
      ['finance', 403, 422, 200],
      ['admin', 422, 422, 200],
    ])
      expect([
        role,
        await as(String(role), 'POST', '/v1/ops/sessions'),
        await as(String(role), 'POST', refunds),
        await as(String(role), 'GET', '/v1/ops/sessions'),
      ]).toEqual([role, sessions, refund, look])
  })

  it('that are missing are logged, with who asked for what', async () => {
    harness.logged.length = 0
    await as('operator', 'POST', refunds)
    expect(harness.logged.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({
        ...{
          level: 40,
          role: 'operator',
          method: 'POST',
          path: refunds,
          user: expect.stringMatching(/^\d+$/),
        },
      }),
    )
  })
})
