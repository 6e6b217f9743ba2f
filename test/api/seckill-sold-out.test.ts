import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEarlyRefusals, type EarlyRefusals } from '../../api/flash-sales/early-refusals.ts'
import type { Gate } from '../../redis/gate/gate.ts'
import { keysOf } from '../../redis/gate/keys.ts'
import { createPeekBatcher } from '../../redis/gate/peek-batcher.ts'
import { type Harness, startHarness } from './harness.ts'
import { type Answer, openSale, type Sale, type Shopper } from './sale.ts'

let harness: Harness
/** What the API asks of the gate, since the list was emptied; poisoned, the gate has no answer. */
const asked: string[] = []
let poisoned = false
beforeAll(async () => {
  harness = await startHarness(({ gate }) => {
    const watched: Gate = {
      ...gate,
      admit: (...question) => noted('admit', () => gate.admit(...question)),
      peek: (...question) => noted('peek', () => gate.peek(...question)),
    }
    return { gate: watched, earlyRefusals: createEarlyRefusals(watched, () => 'away') }
  })
})
afterAll(() => harness.close())

async function noted<T>(what: string, ask: () => Promise<T>): Promise<T> {
  asked.push(what)
  if (poisoned) throw new Error('the gate is away')
  return await ask()
}

const soldOut = { status: 409, body: { code: 'sold_out', details: { left: 0 } } }

/** A sale whose only piece is gone, as the API has just learnt. */
async function sellOut(): Promise<{ sale: Sale; holder: Shopper; ticket: string }> {
  poisoned = false
  const sale = await openSale(harness, { quota: 1 })
  const holder = await sale.shopper()
  const ticket = await sale.admitted(holder)
  expect(await sale.join(await sale.shopper())).toMatchObject(soldOut)
  asked.length = 0
  return { sale, holder, ticket }
}
const click = (sale: Sale, who: Shopper, url = ''): Promise<Answer> =>
  sale.post(who, `${url}${sale.path}/tickets`, { body: { token: 'whatever', addressId: who.addressId } })

describe('after "sold out"', () => {
  it('buyers are refused by a look that is cheaper than a join, one for all who ask in a moment', async () => {
    const { sale } = await sellOut()
    expect(await click(sale, await sale.shopper())).toMatchObject(soldOut)
    expect(asked).toEqual(['peek'])
    let calls = 0
    const counted = new Proxy(harness.redis, {
      get: (redis, name) => {
        if (name === 'gatePeek') calls++
        const value: unknown = Reflect.get(redis, name)
        return typeof value === 'function' ? value.bind(redis) : value
      },
    })
    const peek = createPeekBatcher(counted)
    const buyers = await Promise.all(Array.from({ length: 65 }, () => harness.newBuyer()))
    const peeks = await Promise.all(buyers.map(({ id }) => peek(sale.offer, id)))
    expect(new Set(peeks.map(({ state, holds }) => `${state} ${holds}`))).toEqual(new Set(['sold_out false']))
    expect(calls).toBe(2)
  })

  it('a ticket’s holder who presses again is answered with the ticket, through whichever process', async () => {
    const { sale, holder, ticket } = await sellOut()
    const other = await harness.another()
    expect(await click(sale, await sale.shopper(), other)).toMatchObject({ status: 403 })
    const loser = await sale.shopper()
    const token = await sale.token(loser)
    const join = { token, addressId: loser.addressId }
    expect(await sale.post(loser, `${other}${sale.path}/tickets`, { body: join })).toMatchObject(soldOut)
    for (const url of ['', other])
      expect(await click(sale, holder, url)).toMatchObject({ status: 200, body: { code: 100, ticket } })
  })

  it('a ticket of a piece that came back is answered everywhere, as soon as it is granted', async () => {
    const { sale, holder, ticket } = await sellOut()
    // Its own ticket.
    await harness.gate.giveBack(sale.offer, 1, { buyer: holder.id, ticket: ticket as never })
    const other = await harness.another()
    const second = await sale.shopper()
    const won = await sale.admitted(second)
    for (const url of ['', other])
      expect(await click(sale, second, url)).toMatchObject({ status: 200, body: { ticket: won } })
  })

  it('it is the same answer as the gate’s, in the buyer’s language', async () => {
    const { sale } = await sellOut()
    const [shopper, headers] = [await sale.shopper(), { 'accept-language': 'zh' }]
    const join = { token: await sale.token(shopper), addressId: shopper.addressId }
    const early = await sale.post(shopper, `${sale.path}/tickets`, { body: {}, headers })
    const late = await sale.post(shopper, `${await harness.another()}${sale.path}/tickets`, {
      body: join,
      headers,
    })
    expect([early.status, early.body]).toEqual([late.status, late.body])
    for (const name of ['content-type', 'content-language', 'vary'])
      expect(early.headers.get(name)).toBe(late.headers.get(name))
  })

  it('not even the body is read, but who asks is', async () => {
    const { sale } = await sellOut()
    expect(
      await sale.post(await sale.shopper(), `${sale.path}/tickets`, { body: '{ not JSON' }),
    ).toMatchObject(soldOut)
    expect((await sale.post(undefined, `${sale.path}/tickets`, { body: {} })).status).toBe(401)
  })

  it('nothing is concluded while the gate is away', async () => {
    const { sale } = await sellOut()
    const shopper = await sale.shopper()
    poisoned = true
    expect(await click(sale, shopper)).toMatchObject({ status: 503, body: { code: 'paused' } })
    poisoned = false
  })

  it('nothing is concluded from a gate that was loaded on another run of the server', async () => {
    const { sale, holder } = await sellOut()
    await harness.redis.hset(keysOf(sale.offer).offer, 'server', 'another')
    await harness.redis.hdel(keysOf(sale.offer).offer, holder.id) // Lost with the restart.
    expect(await click(sale, holder)).toMatchObject({ status: 503, body: { code: 'paused' } })
  })

  it('other offers are asked for as ever', async () => {
    await sellOut()
    const other = await openSale(harness)
    await other.admitted(await other.shopper())
  })

  it('a piece that came back is for sale at once, without an announcement', async () => {
    const { sale, holder, ticket } = await sellOut()
    // Its own ticket.
    await harness.gate.giveBack(sale.offer, 1, { buyer: holder.id, ticket: ticket as never })
    await sale.admitted(await sale.shopper())
  })

  it('a pause is answered at once', async () => {
    const { sale } = await sellOut()
    await harness.gate.setTerms(sale.offer, 1, {
      revision: 1,
      paused: true,
      shed: 0,
      opensAt: sale.opensAt,
      endsAt: sale.endsAt,
    })
    expect(await click(sale, await sale.shopper())).toMatchObject({ status: 503, body: { code: 'paused' } })
  })

  it('nothing is noted of an offer that has pieces, only fewer than somebody wanted', async () => {
    const sale = await openSale(harness, { quota: 1, limit: 5 })
    expect(await sale.join(await sale.shopper(), { quantity: 2 })).toMatchObject({
      body: { code: 'sold_out', details: { left: 1 } },
    })
    asked.length = 0
    await sale.admitted(await sale.shopper())
    expect(asked).toEqual(['admit'])
  })
})

describe('after "ended"', () => {
  it('buyers are refused early, and a ticket’s holder is still answered with the ticket', async () => {
    const sale = await openSale(harness)
    const holder = await sale.shopper()
    const ticket = await sale.admitted(holder)
    const late = await sale.shopper()
    const token = await sale.token(late)
    await harness.gate.setTerms(sale.offer, 1, {
      revision: 1,
      paused: false,
      shed: 0,
      opensAt: sale.opensAt,
      endsAt: Date.now(),
    })
    expect(await sale.join(late, { token })).toMatchObject({ status: 410, body: { code: 'ended' } })
    asked.length = 0
    expect(await click(sale, await sale.shopper())).toMatchObject({ status: 410, body: { code: 'ended' } })
    expect(asked).toEqual(['peek'])
    expect(await click(sale, holder)).toMatchObject({ status: 200, body: { code: 100, ticket } })
  })
})

describe('before the opening', () => {
  const offer = { session: '2026010100', sku: '1' } as never // Nothing is asked about it.
  const buyer = '1' as never
  const refusals = (now: () => number): EarlyRefusals =>
    createEarlyRefusals({ peek: () => Promise.reject(new Error('not needed')) }, () => 'away', now)

  it('hammering does not reach the gate', async () => {
    const early = await openSale(harness, { opensInMs: 60_000 })
    const notOpen = { status: 409, body: { code: 'not_open', details: { opensAt: expect.any(String) } } }
    expect(await early.join(await early.shopper())).toMatchObject(notOpen)
    const eager = await early.shopper()
    asked.length = 0
    expect(await click(early, eager)).toMatchObject(notOpen)
    expect(asked).toEqual([])
  })

  it('the gate is asked again after a second, and all the time from two seconds before the opening', () => {
    let now = 0
    const early = refusals(() => now)
    const learn = () => early.learn(offer, { answer: 'not_open', opensAt: 10_000 })
    learn()
    now = 999
    expect(early.find(offer, buyer)).toEqual({ answer: 'not_open', opensAt: 10_000 })
    now = 1000
    expect(early.find(offer, buyer)).toBeUndefined()
    now = 7500
    learn()
    now = 7999
    expect(early.find(offer, buyer)).toEqual({ answer: 'not_open', opensAt: 10_000 })
    now = 8000
    expect(early.find(offer, buyer)).toBeUndefined()
    learn()
    expect(early.find(offer, buyer)).toBeUndefined()
  })

  it('no more than a thousand offers are noted', () => {
    const early = refusals(() => 0)
    for (let sku = 0; sku <= 1000; sku++)
      early.learn({ session: '2026010100', sku: String(sku) } as never, { answer: 'not_open', opensAt: 9e9 })
    expect(early.find({ session: '2026010100', sku: '0' } as never, buyer)).toBeUndefined()
    expect(early.find({ session: '2026010100', sku: '1' } as never, buyer)).toBeDefined()
  })
})
