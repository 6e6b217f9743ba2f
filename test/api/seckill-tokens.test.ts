import { randomInt } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { trustedProxies } from '../../api/client-address.ts'
import { createTokenLimits } from '../../api/flash-sales/token-limits.ts'
import { solveProofOfWork } from '../../challenges/solver.ts'
import { snowflakes, type UserId } from '../../domain/ids.ts'
import { freePort } from '../../local/servers/ports.ts'
import { type Buyer, type Harness, startHarness } from './harness.ts'
import { type Answer, openSale, type Sale } from './sale.ts'

let harness: Harness
let sale: Sale
beforeAll(async () => {
  harness = await startHarness()
  sale = await openSale(harness)
})
afterAll(() => harness.close())

const ask = (of: Sale, who: Buyer | undefined, body: unknown = {}) =>
  of.post(who, `${of.path}/token`, { body })

describe('an admission token', () => {
  it('is given from a minute before the opening, and not sooner', async () => {
    const buyer = await harness.newBuyer()
    const tomorrow = await openSale(harness, { opensInMs: 600_000, gate: 'none' })
    const opensAt = new Date(tomorrow.opensAt).toISOString()
    expect(await ask(tomorrow, buyer)).toMatchObject({
      status: 409,
      body: { code: 'not_open', details: { opensAt } },
    })
    await harness.db
      .sql`UPDATE sessions SET opens_at = now() + interval '59 seconds' WHERE id = ${tomorrow.offer.session}`
    harness.events.announceSession(tomorrow.offer.session)
    await expect.poll(async () => (await ask(tomorrow, buyer)).status, { timeout: 10_000 }).toBe(201)
  })

  it('lasts until a minute after its issue, or after the opening when that is later', async () => {
    const soon = await openSale(harness, { opensInMs: 30_000 })
    const { body } = await ask(soon, await harness.newBuyer())
    expect(body.expiresAt).toBe(new Date(soon.opensAt + 60_000).toISOString())
    const before = Date.now()
    const now = await ask(sale, await harness.newBuyer())
    const lastsMs = new Date(String(now.body.expiresAt)).getTime() - before
    expect(lastsMs).toBeGreaterThanOrEqual(60_000)
    expect(lastsMs).toBeLessThan(60_000 + (Date.now() - before) + 1)
  })

  it('is another one each time, and nothing that could be guessed', async () => {
    const buyer = await harness.newBuyer()
    const tokens = await Promise.all(Array.from({ length: 20 }, () => sale.token(buyer)))
    expect(new Set(tokens).size).toBe(20)
    for (const token of tokens) expect(token).toMatch(/^[\w-]{24}$/) // 144 random bits.
  })

  it('needs no body', async () => {
    const { token } = await harness.newBuyer()
    const answer = await fetch(`${harness.url}${sale.path}/token`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    })
    expect(answer.status).toBe(201)
  })

  it('is not given for a session that is over', async () => {
    const over = await openSale(harness, { opensInMs: -7_200_000, gate: 'none' })
    expect(await ask(over, await harness.newBuyer())).toMatchObject({ status: 410, body: { code: 'ended' } })
  })

  it('is not given to nobody, for nothing, or for what is not asked like that', async () => {
    const buyer = await harness.newBuyer()
    expect((await ask(sale, undefined)).status).toBe(401)
    expect(
      await ask({ ...sale, path: `/v1/seckill/sessions/${sale.offer.session}/offers/1` }, buyer),
    ).toMatchObject({
      body: { code: 'offer_unknown' },
    })
    expect(await ask({ ...sale, path: '/v1/seckill/sessions/2019052614/offers/1' }, buyer)).toMatchObject({
      body: { code: 'session_unknown' },
    })
    expect(await ask({ ...sale, path: '/v1/seckill/sessions/now/offers/1' }, buyer)).toMatchObject({
      status: 404,
    })
    expect(await ask(sale, buyer, { vip: true })).toMatchObject({ status: 422, body: { field: 'vip' } })
    expect(await ask(sale, buyer, { captcha: { kind: 'turnstile', token: '' } })).toMatchObject({
      status: 422,
      body: { field: 'captcha.token' },
    })
  })
})

describe('a captcha', () => {
  let guarded: Sale
  beforeAll(async () => {
    guarded = await openSale(harness, { captcha: true })
  })
  type Task = { kind: 'proof-of-work'; challenge: string; rounds: number; bits: number; expiresAt: string }
  // A captcha problem's details.
  const taskOf = ({ body }: Answer) => (body.details as { captcha: Task }).captcha
  const solutionOf = (task: Task) => ({
    captcha: { kind: task.kind, challenge: task.challenge, nonces: solveProofOfWork(task) },
  })
  const isWrong = { status: 403, body: { code: 'captcha_wrong' } }

  it('is wanted where the session says so, and its solution gets a token', async () => {
    const buyer = await harness.newBuyer()
    const wanted = await ask(guarded, buyer)
    expect(wanted).toMatchObject({ status: 403, body: { code: 'captcha_required' } })
    const task = taskOf(wanted)
    expect(task).toMatchObject({ kind: 'proof-of-work', rounds: 16, bits: 4 })
    expect(await ask(guarded, buyer, solutionOf(task))).toMatchObject({ status: 201 })
  })

  it('is good once, in whichever process it is solved; a wrong solution brings the next challenge', async () => {
    const buyer = await harness.newBuyer()
    const other = { ...guarded, path: `${await harness.another()}${guarded.path}` }
    const task = taskOf(await ask(guarded, buyer))
    const wrong = await ask(guarded, buyer, {
      captcha: { ...solutionOf(task).captcha, nonces: Array.from({ length: task.rounds }, () => 0) },
    })
    expect(wrong).toMatchObject(isWrong)
    expect(taskOf(wrong).challenge).not.toBe(task.challenge)
    expect(await ask(other, buyer, solutionOf(task))).toMatchObject({ status: 201 })
    expect(await ask(guarded, buyer, solutionOf(task))).toMatchObject(isWrong)
  })

  it('is of one buyer and of one offer', async () => {
    const [buyer, thief] = [await harness.newBuyer(), await harness.newBuyer()]
    const elsewhere = await openSale(harness, { captcha: true })
    const solution = solutionOf(taskOf(await ask(guarded, buyer)))
    expect(await ask(guarded, thief, solution)).toMatchObject(isWrong)
    expect(await ask(elsewhere, buyer, solution)).toMatchObject(isWrong)
    expect(await ask(guarded, buyer, solution)).toMatchObject({ status: 201 })
  })

  it('of another kind than the shop’s is not taken', async () => {
    const buyer = await harness.newBuyer()
    for (const captcha of [
      { kind: 'turnstile', token: 'XXXX.DUMMY.TOKEN.XXXX' },
      { kind: 'tencent', ticket: 'trerror_1001_199999164_1', randstr: '@Vki' },
    ])
      expect(await ask(guarded, buyer, { captcha })).toMatchObject(isWrong)
  })

  it('is not taken while nobody can verify it: paused, and the buyer comes again', async () => {
    const unsure = await startHarness({
      challenge: { issue: () => ({ kind: 'tencent', appId: '1' }), verify: async () => 'away' },
    })
    const sale = await openSale(unsure, { captcha: true })
    const solution = { captcha: { kind: 'tencent', ticket: 't', randstr: 'r' } }
    const { status, body, headers } = await ask(sale, await unsure.newBuyer(), solution)
    expect([status, body.code]).toEqual([503, 'paused'])
    expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(2)
    await unsure.close()
  })
})

describe('limits', () => {
  const ids = snowflakes(randomInt(1024))
  const newUser = () => ids.next() as UserId // A fresh snowflake.
  const newAddress = () => `10.${randomInt(256)}.${randomInt(256)}.${randomInt(256)}`
  let limited: Harness
  let offer: Sale
  beforeAll(async () => {
    limited = await startHarness(({ redis }) => ({
      tokenLimits: createTokenLimits(redis, { perBuyer: 2, perAddress: 3 }),
      trustedProxies: trustedProxies('127.0.0.1'),
    }))
    offer = await openSale(limited)
  })
  afterAll(() => limited.close())
  const from = (who: Buyer, address: string) =>
    offer.post(who, `${offer.path}/token`, { body: {}, headers: { 'x-forwarded-for': address } })

  it('hold for a buyer, wherever they come from, and say how long to wait', async () => {
    const buyer = await limited.newBuyer()
    for (const _ of [1, 2]) expect((await from(buyer, newAddress())).status).toBe(201)
    const { status, body, headers } = await from(buyer, newAddress())
    expect([status, body.code]).toEqual([429, 'rate_limited'])
    const wait = Number(headers.get('retry-after'))
    expect(wait).toBeGreaterThanOrEqual(1)
    expect(wait).toBeLessThanOrEqual(65)
    expect((await from(await limited.newBuyer(), newAddress())).status).toBe(201)
  })

  it('hold for an address, whoever comes from there', async () => {
    const address = newAddress()
    for (const _ of [1, 2, 3]) expect((await from(await limited.newBuyer(), address)).status).toBe(201)
    expect((await from(await limited.newBuyer(), address)).status).toBe(429)
    expect((await from(await limited.newBuyer(), `${address}, ${newAddress()}`)).status).toBe(201)
  })

  it('never let one buyer’s refusals cost the neighbours behind the same address', async () => {
    const [abuser, neighbour, address] = [await limited.newBuyer(), await limited.newBuyer(), newAddress()]
    const statuses: number[] = []
    for (let n = 0; n < 30; n++) statuses.push((await from(abuser, address)).status)
    expect(statuses.filter((status) => status === 201)).toHaveLength(2)
    expect((await from(neighbour, address)).status).toBe(201)
  })

  it('hold over all processes, and go on in memory while Redis is away', async () => {
    const [buyer, address] = [newUser(), newAddress()]
    const [one, other] = [1, 2].map(() => createTokenLimits(limited.redis, { perBuyer: 2, perAddress: 100 }))
    expect(await one?.waitS(buyer, address)).toBeUndefined()
    expect(await other?.waitS(buyer, address)).toBeUndefined()
    expect(await one?.waitS(buyer, address)).toBeGreaterThan(0)
    const away = new Redis(await freePort(), '127.0.0.1', { maxRetriesPerRequest: 0 })
    away.on('error', () => {}) // It is away.
    const alone = createTokenLimits(away, { perBuyer: 2, perAddress: 100 })
    for (const _ of [1, 2]) expect(await alone.waitS(buyer, address)).toBeUndefined()
    expect(await alone.waitS(buyer, address)).toBeGreaterThan(0)
    away.disconnect()
  })
})

describe('the address that a limit counts by', () => {
  const seenWith = async (proxies: string, forwarded: string): Promise<string | undefined> => {
    let seen: string | undefined
    const watched = await startHarness({
      trustedProxies: trustedProxies(proxies),
      tokenLimits: {
        async waitS(_, address) {
          seen = address
          return 1
        },
      },
    })
    const offer = await openSale(watched, { gate: 'none' })
    await offer.post(await watched.newBuyer(), `${offer.path}/token`, {
      body: {},
      headers: { 'x-forwarded-for': forwarded },
    })
    await watched.close()
    return seen
  }

  it('is the socket’s, whatever an untrusted peer has written into X-Forwarded-For', async () => {
    expect(await seenWith('10.0.0.0/8', '203.0.113.9')).toBe('127.0.0.1')
  })

  it('is what a trusted proxy has added, and not what the client had put before it', async () => {
    expect(await seenWith('127.0.0.1, 10.0.0.0/8', '198.51.100.1, 203.0.113.9, 10.1.2.3')).toBe('203.0.113.9')
  })
})
