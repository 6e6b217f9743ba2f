import { exportSPKI, generateKeyPair } from 'jose'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { OfferKey } from '../../domain/flash-sale.ts'
import type { SkuId } from '../../domain/ids.ts'
import { preheat } from '../../services/flash-sales/preheat.ts'
import { bearer } from '../api/harness.ts'
import { openSystem, type TestSystem } from '../end-to-end/system.ts'
import { planSession } from '../support/flash-sale.ts'
import { type Door, doorTo } from '../support/proxy.ts'

type Server = 'postgresql' | 'redis' | 'temporal'

let system: TestSystem
let doors: Record<Server, Door>
let keys: Awaited<ReturnType<typeof generateKeyPair>>
let skus: SkuId[]
beforeAll(async () => {
  const [databaseUrl, redisUrl] = [new URL(inject('databaseUrl')), new URL(inject('redisUrl'))]
  doors = {
    postgresql: await doorTo(Number(databaseUrl.port)),
    redis: await doorTo(Number(redisUrl.port)),
    temporal: await doorTo(Number(inject('temporalAddress').split(':').at(-1))),
  }
  keys = await generateKeyPair('RS256')
  system = await openSystem({
    consumer: true,
    through: {
      DATABASE_URL: doors.postgresql.port,
      REDIS_URL: doors.redis.port,
      TEMPORAL_ADDRESS: doors.temporal.port,
    },
    env: { JWT_PUBLIC_KEY: await exportSPKI(keys.publicKey), LOG_LEVEL: 'silent' },
  })
  skus = await system.skus()
})
afterAll(async () => {
  await system.close()
  for (const door of Object.values(doors)) await door.close()
})

/** The status of a ticket whose order waits for its payment. */
const won = 2

/** Within this everybody is answered that a server is away, ms. */
const soonMs = 10_000

type Answer = { status: number; retryAfter: string | null; type: string; body: Record<string, unknown> }
type Sent = { body?: unknown; headers?: Record<string, string> }
type Caller = (method: string, path: string, sent?: Sent) => Promise<Answer>

async function callerOf(subject: string, role?: string): Promise<Caller> {
  const token = await bearer(keys.privateKey, subject, role ? { role } : {})
  return async (method, path, { body, headers = {} } = {}) => {
    const answer = await fetch(system.url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(soonMs),
    })
    return {
      status: answer.status,
      retryAfter: answer.headers.get('retry-after'),
      type: answer.headers.get('content-type') ?? '',
      body: (await answer.json()) as Record<string, unknown>, // An object, always.
    }
  }
}

const ok = (answer: Answer): Answer => {
  expect([answer.status, answer.body]).toEqual([
    expect.toSatisfy((status) => status < 300),
    expect.anything(),
  ])
  return answer
}

/** An offer on sale, whose gate is loaded. */
async function onSale(sku: SkuId): Promise<OfferKey> {
  const { db, gate, events } = system.container
  const { session } = await planSession(db.sql, { offers: [{ sku, quota: 5 }] })
  await preheat({ sql: db.sql, gate }, session)
  events.announceSession(session)
  return { session, sku }
}

/** A buyer with everything at hand for one of each request; the requests by their names. */
async function requestsOf(n: number): Promise<Record<string, () => Promise<Answer>>> {
  const { id, addressId } = await system.shopper(n)
  const [buyer, admin] = [await callerOf(id), await callerOf('1', 'admin')]
  const sku = skus[n] as SkuId // The seeded shop has more than there are tests.
  const quote = async () =>
    ok(await buyer('POST', '/v1/quotes', { body: { lines: [{ sku, quantity: 1 }] } })).body.quoteToken
  const choice = { addressId, payment: 'online' }
  const placed = async (): Promise<string> => {
    const { body } = ok(await buyer('POST', '/v1/orders', { body: { quoteToken: await quote(), ...choice } }))
    const order = String(body.number ?? body.orderId)
    await system.reaches(order as never, 'awaiting_payment') // An order's number is its id.
    return order
  }
  await system.container.db.sql`
    WITH given AS (
      INSERT INTO wallet_movements (user_id, kind, amount_fen) VALUES (${id}, 'top_up', 10000000))
    UPDATE wallets SET balance_fen = balance_fen + 10000000 WHERE user_id = ${id}`
  const [quoteToken, toCancel, toPay, paid] = [await quote(), await placed(), await placed(), await placed()]
  ok(await buyer('POST', `/v1/orders/${paid}/payments`, { body: { channel: 'balance' } }))
  await system.reaches(paid as never, 'to_ship')
  const offer = await onSale(skus[n + 10] as SkuId)
  const sale = `/v1/seckill/sessions/${offer.session}/offers/${offer.sku}`
  await expect.poll(async () => (await buyer('GET', sale)).status).toBe(200)
  const { token } = ok(await buyer('POST', `${sale}/token`, { body: {} })).body
  return {
    // The gate's lease ends soon after PostgreSQL went: first.
    join: () => buyer('POST', `${sale}/tickets`, { body: { token, quantity: 1, addressId } }),
    place: () => buyer('POST', '/v1/orders', { body: { quoteToken, ...choice } }),
    cancel: () => buyer('POST', `/v1/orders/${toCancel}/cancel`),
    pay: () => buyer('POST', `/v1/orders/${toPay}/payments`, { body: { channel: 'balance' } }),
    refund: () =>
      admin('POST', `/v1/ops/orders/${paid}/refunds`, {
        body: { reason: 'broken' },
        headers: { 'idempotency-key': 'one' },
      }),
    look: () => buyer('GET', `/v1/orders/${toPay}`),
    quote: () => buyer('POST', '/v1/quotes', { body: { lines: [{ sku, quantity: 1 }] } }),
    cart: () => buyer('POST', '/v1/cart/lines', { body: { sku, quantity: 1 } }),
    products: () => buyer('GET', '/v1/products'),
  }
}

const all = ['join', 'place', 'cancel', 'pay', 'refund', 'look', 'quote', 'cart', 'products']

describe('while a server is away, who needs it is answered 503 soon, with when to come back, and nobody else is', () => {
  it.each<[Server, { works: string[] }]>([
    ['postgresql', { works: ['join'] }],
    ['redis', { works: ['place', 'cancel', 'pay', 'refund', 'look', 'quote', 'products'] }],
    ['temporal', { works: ['join', 'pay', 'refund', 'look', 'quote', 'cart', 'products'] }],
  ])('%s', { timeout: 180_000 }, async (server, { works }) => {
    const requests = await requestsOf(Object.keys(doors).indexOf(server))
    expect(Object.keys(requests)).toEqual(all)
    doors[server].shut()
    try {
      for (const [name, request] of Object.entries(requests)) {
        const answer = await request()
        if (works.includes(name))
          expect([name, answer.status]).toEqual([name, expect.toSatisfy((it) => it < 300)])
        else
          expect([name, answer]).toEqual([
            name,
            {
              status: 503,
              type: 'application/problem+json',
              retryAfter: expect.stringMatching(/^\d+$/),
              body: expect.objectContaining({ code: name === 'join' ? 'paused' : 'server_away' }),
            },
          ])
      }
    } finally {
      doors[server].open()
    }
    for (const [name, request] of Object.entries(requests))
      if (!works.includes(name))
        await expect
          .poll(async () => [name, (await request()).status], { timeout: 30_000 })
          .toEqual([name, expect.toSatisfy((status) => status < 300)])
  })
})

describe('a sale that opens while Temporal is away', { timeout: 120_000 }, () => {
  it('is announced with its hour until then, opens at it, and its orders come once Temporal is back', async () => {
    const { sql } = system.container.db
    const { id, addressId } = await system.shopper(5)
    const buyer = await callerOf(id)
    doors.temporal.shut()
    const sku = skus[20] as SkuId // The same.
    const { session, opensAt } = await planSession(sql, { opensInMs: 6000, offers: [{ sku, quota: 5 }] })
    await sql`UPDATE sessions SET created_at = now() - interval '1 minute' WHERE id = ${session}`
    system.container.events.announceSession(session)
    const sale = `/v1/seckill/sessions/${session}/offers/${sku}`
    await expect.poll(async () => (await buyer('GET', sale)).status).toBe(200)
    const { token } = ok(await buyer('POST', `${sale}/token`, { body: {} })).body
    const join = () => buyer('POST', `${sale}/tickets`, { body: { token, quantity: 1, addressId } })
    const early = await join()
    expect([early.status, early.body]).toEqual([
      409,
      expect.objectContaining({ code: 'not_open', details: { opensAt: new Date(opensAt).toISOString() } }),
    ])
    await expect.poll(async () => (await join()).status, { timeout: 30_000 }).toBe(202)

    doors.temporal.open()
    const mine = async () => (await buyer('GET', `${sale}/tickets/mine`)).body.status
    await expect.poll(mine, { timeout: 60_000 }).toBe(won)
  })
})
