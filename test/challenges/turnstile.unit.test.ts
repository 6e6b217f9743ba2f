import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Subject } from '../../challenges/challenge.ts'
import { onOutage } from '../../challenges/outage.ts'
import { createAsk } from '../../challenges/provider-call.ts'
import { turnstile } from '../../challenges/turnstile.ts'
import type { SessionId, SkuId, UserId } from '../../domain/ids.ts'
import { type Received, startStandIn } from './stand-in.ts'

const subject: Subject = {
  buyer: '42' as UserId,
  offer: { session: '2026121210-b' as SessionId, sku: '1001' as SkuId },
  address: '192.0.2.1',
}
const good = { action: 'flash-sale', cdata: '2026121210-b_1001_42', hostname: 'shop.example' }

/**
 * Cloudflare's siteverify, as its documents describe it: secret and response are required, a response passes
 * once, every answer is 200 with `success` and `error-codes`.
 */
function siteverify({ method, path, headers, body }: Received, spent: Set<string>) {
  const fails = (...codes: string[]) => ({ body: JSON.stringify({ success: false, 'error-codes': codes }) })
  if (method !== 'POST' || path !== '/turnstile/v0/siteverify') return { status: 404, body: 'no such call' }
  if (headers['content-type'] !== 'application/json') return fails('bad-request')
  const { secret, response, remoteip, idempotency_key, ...more } = JSON.parse(body) as Record<string, unknown>
  const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
  if (Object.keys(more).length > 0 || typeof remoteip !== 'string' || !uuid.test(String(idempotency_key)))
    return fails('bad-request')
  if (secret === undefined) return fails('missing-input-secret')
  if (secret !== 'shop-secret') return fails('invalid-input-secret')
  if (response === undefined || response === '') return fails('missing-input-response')
  const [word, ...about] = String(response).split(' ')
  if (word !== 'good') return fails(word === 'broken' ? 'internal-error' : 'invalid-input-response')
  if (spent.has(String(response))) return fails('timeout-or-duplicate')
  spent.add(String(response))
  const other = about[0] === undefined ? {} : (JSON.parse(about[0]) as object)
  const challenge_ts = '2026-12-12T02:00:00.000Z'
  return { body: JSON.stringify({ success: true, 'error-codes': [], challenge_ts, ...good, ...other }) }
}

let standIn: Awaited<ReturnType<typeof startStandIn>>
let spent = new Set<string>()
let mood: 'well' | 'broken' | 'silent' | 'talking HTML' = 'well'
beforeAll(async () => {
  standIn = await startStandIn((request) => {
    if (mood === 'silent') return 'never'
    if (mood === 'broken') return { status: 502, body: '{}' }
    return mood === 'talking HTML' ? { body: '<html>just a moment</html>' } : siteverify(request, spent)
  })
})
afterAll(() => standIn.close())
beforeEach(() => {
  spent = new Set()
  mood = 'well'
  standIn.received.length = 0
})

const warned: string[] = []
const open = ({ secret = 'shop-secret', now = Date.now, timeoutMs = 10_000 } = {}) =>
  turnstile({
    siteKey: 'shop-site',
    secret,
    url: `${standIn.url}/turnstile/v0/siteverify`,
    ask: createAsk({ warn: (why) => warned.push(why), timeoutMs, now }),
  })
const verify = (token: string, check = open()) => check.verify(subject, { kind: 'turnstile', token })

describe('Turnstile', () => {
  it('is shown with the site key, and with what binds its token to buyer and offer', () => {
    expect(open().issue(subject)).toEqual({
      kind: 'turnstile',
      siteKey: 'shop-site',
      action: good.action,
      cData: good.cdata,
    })
    expect(good.cdata, 'what a widget takes').toMatch(/^[\w-]{1,255}$/)
  })

  it('passes a token that Cloudflare has verified, once', async () => {
    expect(await verify('good')).toBe('passed')
    expect(await verify('good')).toBe('failed')
  })

  it('is asked for the verdict with the buyer’s address and the secret, which only it gets', async () => {
    await verify('good')
    expect(standIn.received).toHaveLength(1)
    expect(JSON.parse(standIn.received[0]?.body ?? '')).toMatchObject({
      secret: 'shop-secret',
      response: 'good',
      remoteip: '192.0.2.1',
    })
    expect(JSON.stringify(open().issue(subject))).not.toContain('shop-secret')
  })

  it.each([
    ['another buyer’s', { cdata: '2026121210-b_1001_43' }],
    ['another offer’s', { cdata: '2026121210-b_1002_42' }],
    ['of another widget', { action: 'login' }],
    ['bound to nothing', { cdata: null }],
  ])('does not pass a token that is %s', async (_, other) => {
    expect(await verify(`good ${JSON.stringify({ cdata: '', ...other })}`)).toBe('failed')
  })

  it('does not pass a made-up token, nor what another kind of captcha gave', async () => {
    expect(await verify('made up')).toBe('failed')
    expect(await open().verify(subject, { kind: 'tencent', ticket: 't', randstr: 'r' })).toBe('failed')
    expect(standIn.received, 'which is not worth a call').toHaveLength(1)
  })

  it.each([
    ['does not answer in time', 'silent', 'good'],
    ['answers 502', 'broken', 'good'],
    ['answers a page', 'talking HTML', 'good'],
    ['has a fault of its own', 'well', 'broken'],
  ] as const)('gives no verdict while Cloudflare %s', async (_, now, token) => {
    mood = now
    warned.length = 0
    expect(await verify(token, open({ timeoutMs: now === 'silent' ? 50 : 10_000 }))).toBe('away')
    expect(warned).toHaveLength(1)
  })

  it('gives no verdict when our secret is wrong, and says so', async () => {
    warned.length = 0
    expect(await verify('good', open({ secret: 'another secret' }))).toBe('away')
    expect(warned).toEqual(['Turnstile answered invalid-input-secret'])
  })
})

describe('an outage', () => {
  it('lets buyers in or has them come again, as the shop has chosen; a solution that failed has failed', async () => {
    mood = 'broken'
    expect(await verify('good', onOutage(open(), 'pass'))).toBe('passed')
    expect(await verify('good', onOutage(open(), 'retry'))).toBe('away')
    const other = { kind: 'tencent', ticket: 't', randstr: 'r' } as const
    expect(await onOutage(open(), 'pass').verify(subject, other)).toBe('failed')
    mood = 'well'
    expect(await verify('made up', onOutage(open(), 'pass'))).toBe('failed')
  })

  it('holds up no rush: after five calls in a row without an answer nobody is asked for five seconds', async () => {
    let now = 1_000_000
    const check = open({ now: () => now })
    mood = 'broken'
    for (let i = 0; i < 8; i++) expect(await verify('good', check)).toBe('away')
    expect(standIn.received).toHaveLength(5)
    mood = 'well'
    now += 5000
    expect(await verify('good', check)).toBe('passed')
  })
})
