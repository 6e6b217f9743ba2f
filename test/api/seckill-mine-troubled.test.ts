import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TicketId } from '../../domain/flash-sale.ts'
import { snowflakes } from '../../domain/ids.ts'
import { freePort } from '../../local/servers/ports.ts'
import { createGate } from '../../redis/gate/gate.ts'
import { createQueue } from '../../redis/gate/queue.ts'
import { type Harness, startHarness } from './harness.ts'
import { openSale, type Sale, type Shopper } from './sale.ts'

let harness: Harness
let sale: Sale
beforeAll(async () => {
  harness = await startHarness()
  sale = await openSale(harness, { quota: 100 })
})
afterAll(() => harness.close())

describe('while the gate is away', () => {
  let away: Harness
  let redis: Redis
  beforeAll(async () => {
    redis = new Redis(await freePort(), '127.0.0.1', { maxRetriesPerRequest: 0, commandTimeout: 500 })
    redis.on('error', () => {}) // Nobody serves there.
    away = await startHarness({ gate: createGate(redis) })
  })
  afterAll(async () => {
    redis.disconnect()
    await away.close()
  })

  it('joining is paused (503), never "sold out" and never a fault', async () => {
    const dark = await openSale(away)
    const { status, body, headers } = await dark.join(await dark.shopper(), { token: 'x' })
    expect([status, body.code]).toEqual([503, 'paused'])
    expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(2)
    expect(away.logged.filter((line) => line.includes('a request failed'))).toEqual([])
    expect(away.logged.filter((line) => line.includes('the gate has no answer'))).not.toEqual([])
  })

  it('joining is paused as well while this process can make no ids', async () => {
    const made = snowflakes(1023)
    let leased = true
    const next = () => {
      if (leased) return made.next()
      throw Object.assign(new Error('the lease ran out'), { code: 'SNOWFLAKE_LEASE_LOST' })
    }
    const idle = await startHarness({ ids: { next } })
    const sale = await openSale(idle)
    const [who, token] = await sale.shopper().then(async (who) => [who, await sale.token(who)] as const)
    leased = false
    const { status, headers, body } = await sale.join(who, { token })
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'paused', expect.any(String)])
    leased = true
    expect(await sale.join(who, { token })).toMatchObject({ status: 202 })
    await idle.close()
  })

  it('so are tokens', async () => {
    const dark = await openSale(away)
    expect(await dark.post(await dark.shopper(), `${dark.path}/token`, { body: {} })).toMatchObject({
      status: 503,
      body: { code: 'paused' },
    })
  })

  it('a ticket’s status is what PostgreSQL has; of one that it does not have nothing is concluded', async () => {
    const dark = await openSale(away)
    const who = await dark.shopper()
    expect(await dark.mine(who)).toMatchObject({ status: 503, body: { code: 'paused' } })
    const queue = createQueue(away.redis)
    const gate = createGate(away.redis)
    const ticket = away.ids.next() as TicketId // A fresh snowflake.
    const { token } = await gate.issueToken(dark.offer, who.id, dark.opensAt)
    await gate.admit(dark.offer, { buyer: who.id, pieces: 1, address: who.addressId, token, ticket })
    expect((await dark.mine(who, ticket)).body).toMatchObject({ status: 1, position: null, waitS: null })
    expect(await queue.length(dark.offer)).toBe(1)
    await dark.stage()
    expect((await dark.mine(who)).body).toMatchObject({ ticket, status: 1, position: 0 })
    await dark.place(ticket)
    expect((await dark.mine(who)).body).toMatchObject({ ticket, status: 2 })
  })
})

describe('what buyers who won nothing ask', () => {
  /** What was read of tickets and sessions. */
  const statements = async (ask: () => Promise<unknown>): Promise<string[]> => {
    harness.statements.length = 0
    await ask()
    // The rest is about tokens.
    return harness.statements.filter((text) => /FROM (tickets|sessions)/.test(text))
  }

  it('costs PostgreSQL nothing: whether they have a ticket', async () => {
    const losers = await Promise.all(Array.from({ length: 20 }, () => sale.shopper()))
    await sale.mine(losers[0] as Shopper)
    const asked = await statements(async () => {
      for (const answer of await Promise.all(losers.map((who) => sale.mine(who))))
        expect(answer).toMatchObject({ status: 404, body: { code: 'no_ticket' } })
    })
    expect(asked).toEqual([])
  })

  it('costs one statement each while the gate is gone, however often they ask', async () => {
    const over = await openSale(harness)
    await harness.gate.remove(over.offer)
    const who = await over.shopper()
    const asked = await statements(async () => {
      for (let i = 0; i < 10; i++) expect((await over.mine(who)).status).toBe(404)
    })
    expect(asked.filter((text) => text.includes('FROM tickets'))).toHaveLength(1)
  })

  it('costs one statement a second in all: joins, tokens and pages of sessions that somebody made up', async () => {
    const who = await sale.shopper()
    const began = Date.now()
    let changes = 0 // Other files' sessions on this Redis: each is looked at again at once.
    harness.events.onOffer(() => {
      changes += 1
    })
    const asked = await statements(async () => {
      for (let i = 0; i < 100; i++) {
        const path = `/v1/seckill/sessions/20190526${10 + (i % 14)}-x${i}/offers/1`
        const answers = await Promise.all([
          sale.post(who, `${path}/tickets`, { body: { token: 'x', addressId: '1' } }),
          sale.post(who, `${path}/token`, { body: {} }),
          sale.get(who, path),
        ])
        for (const { status, body } of answers) expect([status, body.code]).toEqual([404, 'session_unknown'])
      }
    })
    const seconds = Math.ceil((Date.now() - began) / 1000)
    expect(asked.length).toBeLessThanOrEqual(2 * (seconds + 1 + changes))
  })

  it('never displaces a real session', async () => {
    const real = await openSale(harness)
    const who = await real.shopper()
    for (let i = 0; i < 1100; i += 100)
      await Promise.all(
        Array.from({ length: 100 }, (_, n) =>
          sale.get(who, `/v1/seckill/sessions/2019052610-x${i + n}/offers/1`),
        ),
      )
    harness.statements.length = 0
    expect((await sale.get(who, real.path)).status).toBe(200)
    expect(harness.statements.filter((text) => text.includes('s.id = $'))).toEqual([])
  })
})
