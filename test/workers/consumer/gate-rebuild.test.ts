import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { OfferKey, TicketId } from '../../../domain/flash-sale.ts'
import { createGate } from '../../../redis/gate/gate.ts'
import { keysOf } from '../../../redis/gate/keys.ts'
import { mint } from '../../../services/flash-sales/load-gate.ts'
import { pauseSession } from '../../../services/flash-sales/session-phase.ts'
import { drainOffer } from '../../../services/flash-sales/stage-tickets.ts'
import { createKeeper } from '../../../services/flash-sales/supervise-gate.ts'
import { tellGate } from '../../../services/flash-sales/sync-gate.ts'
import { placeAtOnce } from '../../../services/orders/place.ts'
import { type Node, serversFolder, startNode } from '../../redis/gate/nodes.ts'
import { expectBooksToAddUp } from '../../support/books.ts'
import { type Joiner, join, offerRow, ticketRow } from '../../support/flash-sale.ts'
import { flashOrder } from '../../support/tickets.ts'
import { type DrainRig, drainRig } from './harness.ts'

let rig: DrainRig
let node: Node
const folder = serversFolder()
beforeAll(async () => {
  node = await startNode(folder.path, 'flushed')
  rig = await drainRig({ redisUrl: `redis://127.0.0.1:${node.port}` })
  await rig.startWorker()
})
afterAll(async () => {
  try {
    await expectBooksToAddUp(rig.sql)
  } finally {
    await rig.close()
    await node.stop()
    folder.remove()
  }
})

const fresh = () => rig.shop.ids.next() as TicketId
const ask = (offer: OfferKey, buyer: Joiner) => join(rig.deps.gate, offer, buyer, fresh())
const answer = async (offer: OfferKey) => (await ask(offer, await rig.shop.buyer())).answer
const drain = async (offer: OfferKey) => drainOffer(rig.deps, offer, await rig.read(offer))
const flush = () => node.redis.flushall()
/** One look by a new keeper, whoever kept before. */
async function look(name = 'the keeper', deps = rig.deps): Promise<void> {
  await rig.sql`DELETE FROM leases`
  await createKeeper(deps, name).look()
}

describe('a gate that was flushed', () => {
  it('before a rush is loaded again, and nothing is lost', async () => {
    const offer = await rig.open(3)
    await flush()
    expect(await answer(offer)).toBe('missing')
    await look()
    expect(await offerRow(rig.sql, offer)).toMatchObject({ epoch: 2 })
    await rig.rush(offer, 3)
    expect(await answer(offer)).toBe('sold_out')
    await drain(offer)
    await rig.settles(offer, 0)
  })

  it('after a rush knows who got in, who has paid, how many pieces are left, and where the numbers stood', async () => {
    const offer = await rig.open(10)
    const [waiting, paid] = [await rig.shop.buyer(), await rig.shop.buyer()]
    const [first, second] = [
      await rig.admitted(offer, { buyer: waiting }),
      await rig.admitted(offer, { buyer: paid }),
    ]
    await rig.rush(offer, 3)
    await drain(offer)
    await placeAtOnce(rig.sql, await flashOrder(rig.sql, second), 'run')
    expect(await rig.till.told(await rig.till.facts(await rig.till.attempt(second, paid.id)))).toBe('paid')
    await flush()
    await look()
    await tellGate(rig.deps)
    await rig.settles(offer, 5)
    expect(await ask(offer, waiting)).toEqual({ answer: 'already_queued', ticket: first, position: 0 })
    expect(await rig.deps.gate.standing(offer, paid.id)).toMatchObject({
      ticket: second,
      paid: true,
      seq: 2,
      staged: 5,
    })
    expect(await ask(offer, paid), 'one more is within the limit').toMatchObject({
      answer: 'admitted',
      position: 1,
    })
    await drain(offer)
  })

  it('in the middle of a rush: what was lost with it was never counted, and its buyers get in again', async () => {
    const offer = await rig.open(30)
    await rig.sql`DELETE FROM leases`
    const drains = [rig.startDrain(), rig.startDrain()]
    onTestFinished(async () => {
      for (const one of drains) await one.stop()
    })
    const buyers = await Promise.all(Array.from({ length: 30 }, () => rig.shop.buyer()))
    const joining = Promise.all(buyers.map((buyer) => ask(offer, buyer)))
    await flush()
    await joining
    /** Buyers knock until they are in and PostgreSQL knows it. */
    const inside = async () => {
      await Promise.all(buyers.map((buyer) => ask(offer, buyer)))
      return (
        await rig.sql`SELECT DISTINCT buyer_id FROM tickets WHERE session_id = ${offer.session} AND state <> 'refused'`
      ).count
    }
    await expect.poll(inside, { timeout: 30_000, interval: 200 }).toBe(30)
    await rig.settles(offer, 0)
    const counting = await rig.sql<{ id: TicketId }[]>`
      SELECT id::text AS id FROM tickets WHERE session_id = ${offer.session} AND state IN ('waiting', 'live')`
    expect(counting).toHaveLength(30)
    await rig.ordered(counting.map(({ id }) => id))
  })

  it('and had been paused stays paused', async () => {
    const offer = await rig.open(2)
    await pauseSession(rig.sql, rig.deps.gate, offer.session, true)
    await flush()
    await look()
    expect([await rig.deps.gate.left(offer), await answer(offer)]).toEqual([2, 'paused'])
    await pauseSession(rig.sql, rig.deps.gate, offer.session, false)
    expect(await answer(offer)).toBe('admitted')
    await drain(offer)
  })

  it('in the middle of being loaded again forgets nobody for that', async () => {
    const offer = await rig.open(10)
    const buyer = await rig.shop.buyer()
    await rig.admitted(offer, { buyer })
    await drain(offer)
    await flush()
    const loading = rig.redis.gateLoad.bind(rig.redis)
    const flushed = rig.redis.duplicate()
    onTestFinished(() => flushed.disconnect())
    const gate = createGate(flushed)
    let loads = 0
    flushed.gateLoad = async (...args) => {
      if (args[0] === keysOf(offer).offer && loads++ === 0) await flush()
      return await loading(...args)
    }
    await look('in the middle', { ...rig.deps, gate })
    expect(await ask(offer, buyer)).toMatchObject({ answer: 'already_queued' })
    await rig.settles(offer, 9)
  })

  it('is loaded once or twice by keepers who do not know of each other, and counts the same', async () => {
    const offer = await rig.open(10)
    await rig.rush(offer, 4)
    await drain(offer)
    await flush()
    await Promise.all(['a', 'b', 'c'].map((name) => look(name)))
    await rig.settles(offer, 6)
  })
})

describe('a drain that was stopped in the middle of a batch', () => {
  it('while the gate was flushed and counted anew is not believed: never more is left and granted than there is', async () => {
    const offer = await rig.open(3)
    const tickets = await rig.rush(offer, 2)
    const entries = await rig.read(offer)
    await flush()
    await look()
    expect(await rig.deps.gate.left(offer)).toBe(3)
    await rig.rush(offer, 2)
    await drainOffer(rig.deps, offer, entries)
    for (const ticket of tickets)
      expect(await ticketRow(rig.sql, ticket)).toMatchObject({ state: 'refused', reason: 'gate_rebuilt' })
    await drain(offer)
    await rig.settles(offer, 1)
  })

  it('between the minting of an epoch and its load is not believed either, and its buyers are free afterwards', async () => {
    const offer = await rig.open(3)
    const buyer = await rig.shop.buyer()
    await rig.admitted(offer, { buyer })
    const entries = await rig.read(offer)
    const load = await rig.sql.begin((tx) => mint(tx, offer))
    await drainOffer(rig.deps, offer, entries)
    if (load) await rig.deps.gate.load(offer, load)
    expect(await rig.deps.gate.left(offer)).toBe(3)
    expect(await ask(offer, buyer)).toMatchObject({ answer: 'admitted' })
    await drain(offer)
    await rig.settles(offer, 2)
  })
})
