import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSoldOut } from '../../api/flash-sales/sold-out.ts'
import type { Gate } from '../../redis/gate/gate.ts'
import { type Harness, startHarness } from './harness.ts'
import { openSale, type Sale, type Shopper, type Told } from './sale.ts'

let harness: Harness
/** The API's clock for what it remembers. */
let now = 0
/** What the API asks of the gate, since `reset`; poisoned, it has no answer. */
const asked: string[] = []
let poisoned = false
beforeAll(async () => {
  harness = await startHarness(({ gate, events }) => {
    const watched: Gate = {
      ...gate,
      admit: (...question) => heard('admit', () => gate.admit(...question)),
      left: (...question) => heard('left', () => gate.left(...question)),
    }
    return { gate: watched, soldOut: createSoldOut(watched, events, { now: () => now }) }
  })
})
afterAll(() => harness.close())

async function heard<T>(what: string, ask: () => Promise<T>): Promise<T> {
  asked.push(what)
  if (poisoned) throw new Error('the gate is away')
  return await ask()
}

const soldOut = { status: 409, body: { code: 'sold_out', details: { left: 0 } } }

/**
 * A sale whose only piece is gone, which the API has just been told; and what was asked of the gate since
 * then.
 */
async function sellOut(): Promise<{ sale: Sale; holder: Shopper; ticket: string }> {
  poisoned = false
  const sale = await openSale(harness, { quota: 1 })
  const holder = await sale.shopper()
  const ticket = await sale.admitted(holder)
  expect(await sale.join(await sale.shopper())).toMatchObject(soldOut)
  asked.length = 0
  return { sale, holder, ticket }
}
const click = (sale: Sale, who: Shopper): Promise<Told> => sale.join(who, { token: 'whatever' })

describe('after "sold out"', () => {
  it('the answer comes from memory, also while the gate is away', async () => {
    const { sale } = await sellOut()
    poisoned = true
    for (const _ of [1, 2, 3]) expect(await click(sale, await sale.shopper())).toMatchObject(soldOut)
    expect(asked).toEqual([])
  })

  it('it is the same answer as the gate’s, in the buyer’s language', async () => {
    const { sale } = await sellOut()
    const [shopper, headers] = [await sale.shopper(), { 'accept-language': 'zh' }]
    const fast = await sale.ask(shopper, 'POST', `${sale.path}/tickets`, {}, headers)
    harness.events.announceOffer(sale.offer)
    await expect
      .poll(async () => (await click(sale, shopper)).body.code, { timeout: 10_000 })
      .toBe('bad_token')
    const slow = await sale.ask(
      shopper,
      'POST',
      `${sale.path}/tickets`,
      { token: await sale.token(shopper), addressId: shopper.addressId },
      headers,
    )
    expect([fast.status, fast.body]).toEqual([slow.status, slow.body])
    for (const name of ['content-type', 'content-language', 'vary'])
      expect(fast.headers.get(name)).toBe(slow.headers.get(name))
  })

  it('not even the body is read, but who asks is', async () => {
    const { sale } = await sellOut()
    expect(await sale.ask(await sale.shopper(), 'POST', `${sale.path}/tickets`, '{ not JSON')).toMatchObject(
      soldOut,
    )
    expect((await sale.ask(undefined, 'POST', `${sale.path}/tickets`, {})).status).toBe(401)
  })

  it('who holds a ticket still hears so, from the gate', async () => {
    const { sale, holder, ticket } = await sellOut()
    expect(await click(sale, holder)).toMatchObject({ status: 200, body: { code: 100, ticket } })
    expect(asked).toEqual(['admit'])
    poisoned = true
    expect(await click(sale, holder)).toMatchObject({ status: 503, body: { code: 'paused' } })
  })

  it('other offers are asked for as ever', async () => {
    await sellOut()
    const other = await openSale(harness)
    await other.admitted(await other.shopper())
  })

  it('the gate is looked at again after a second, once for all who ask, and no sooner', async () => {
    const { sale } = await sellOut()
    const shoppers = await Promise.all([1, 2, 3].map(() => sale.shopper()))
    now += 999
    for (const shopper of shoppers) expect(await click(sale, shopper)).toMatchObject(soldOut)
    expect(asked).toEqual([])
    now += 1
    for (const told of await Promise.all(shoppers.map((shopper) => click(sale, shopper))))
      expect(told).toMatchObject(soldOut)
    expect(asked).toEqual(['left'])
    now += 999
    expect(await click(sale, shoppers[0] as Shopper)).toMatchObject(soldOut)
    expect(asked).toEqual(['left'])
  })

  it('a piece that came back unheard of is for sale within that second', async () => {
    const { sale, holder, ticket } = await sellOut()
    await harness.gate.giveBack(sale.offer, 1, holder.id, ticket as never) // Its own ticket.
    now += 1000
    await sale.admitted(await sale.shopper())
  })

  it('a piece whose return was announced is for sale at once', async () => {
    const { sale, holder, ticket } = await sellOut()
    await harness.gate.giveBack(sale.offer, 1, holder.id, ticket as never) // Its own ticket.
    harness.events.announceOffer(sale.offer)
    const shopper = await sale.shopper()
    const token = await sale.token(shopper)
    await expect.poll(async () => (await sale.join(shopper, { token })).status, { timeout: 10_000 }).toBe(202)
  })

  it('a session that was changed is asked about at once: more pieces, or a pause', async () => {
    const { sale } = await sellOut()
    await harness.gate.setTerms(sale.offer, 1, {
      revision: 1,
      paused: true,
      shed: 0,
      opensAt: sale.opensAt,
      endsAt: sale.endsAt,
    })
    harness.events.announceSession(sale.offer.session)
    const shopper = await sale.shopper()
    await expect.poll(async () => (await click(sale, shopper)).body.code, { timeout: 10_000 }).toBe('paused')
  })

  it('nothing is remembered of an offer that has pieces, only fewer than somebody wanted', async () => {
    const sale = await openSale(harness, { quota: 1, limit: 5 })
    expect(await sale.join(await sale.shopper(), { quantity: 2 })).toMatchObject({
      body: { code: 'sold_out', details: { left: 1 } },
    })
    await sale.admitted(await sale.shopper())
  })

  it('an answer is not remembered when pieces came back while it was on its way', async () => {
    const events: ((channel: string) => void)[] = []
    const memory = createSoldOut(
      harness.gate,
      { onOffer: (listener) => void events.push(listener) },
      { now: () => now },
    )
    const { sale, holder } = await sellOut()
    const asking = memory.asking()
    for (const listener of events) listener(`offer:${sale.offer.session}:${sale.offer.sku}`)
    memory.learn(sale.offer, holder.id, { answer: 'sold_out', left: 0 }, asking)
    expect(memory.tells(sale.offer, holder.id)).toBe(false)
    memory.learn(sale.offer, holder.id, { answer: 'sold_out', left: 0 }, memory.asking())
    expect(memory.tells(sale.offer, holder.id)).toBe(true)
  })
})
