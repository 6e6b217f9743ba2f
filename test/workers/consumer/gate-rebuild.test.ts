import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { OfferKey, TicketId } from '../../../domain/flash-sale.ts'
import { createGate } from '../../../redis/gate/gate.ts'
import { keysOf } from '../../../redis/gate/keys.ts'
import { loadEpoch } from '../../../services/flash-sales/load-gate.ts'
import { pauseSession } from '../../../services/flash-sales/session-phase.ts'
import { stageEntries } from '../../../services/flash-sales/stage-tickets.ts'
import { createGateSupervisor } from '../../../services/flash-sales/supervise-gate.ts'
import { syncGate } from '../../../services/flash-sales/sync-gate.ts'
import { placeInOneTransaction } from '../../../services/orders/place.ts'
import { type Node, serversFolder, startNode } from '../../redis/gate/nodes.ts'
import { expectBooksToAddUp } from '../../support/books.ts'
import { type Joiner, join, offerRow, ticketRow } from '../../support/flash-sale.ts'
import { minted } from '../../support/gate-load.ts'
import { flashOrder } from '../../support/tickets.ts'
import { type ConsumerHarness, consumerHarness } from './harness.ts'

let harness: ConsumerHarness
let node: Node
const folder = serversFolder()
beforeAll(async () => {
  node = await startNode(folder.path, 'flushed')
  harness = await consumerHarness({ redisUrl: `redis://127.0.0.1:${node.port}` })
  await harness.startWorker()
})
afterAll(async () => {
  try {
    await expectBooksToAddUp(harness.sql)
  } finally {
    await harness.close()
    await node.stop()
    folder.remove()
  }
})

const fresh = () => harness.shop.ids.next() as TicketId
const ask = (offer: OfferKey, buyer: Joiner) => join(harness.deps.gate, offer, { buyer, ticket: fresh() })
const answer = async (offer: OfferKey) => (await ask(offer, await harness.shop.buyer())).answer
const consumer = async (offer: OfferKey) => stageEntries(harness.deps, offer, await harness.read(offer))
const flush = () => node.redis.flushall()
/** One look by a new supervisor, whoever kept before. */
async function look(name = 'the supervisor', deps = harness.deps): Promise<void> {
  await harness.sql`DELETE FROM leases`
  const supervisor = createGateSupervisor(deps, name)
  await supervisor.look()
  await supervisor.idle()
}

describe('a gate that was flushed', () => {
  it('before a rush is loaded again, and nothing is lost', async () => {
    const offer = await harness.open(3)
    await flush()
    expect(await answer(offer)).toBe('missing')
    await look()
    expect(await offerRow(harness.sql, offer)).toMatchObject({ epoch: 2 })
    await harness.rush(offer, 3)
    expect(await answer(offer)).toBe('sold_out')
    await consumer(offer)
    await harness.settles(offer, 0)
  })

  it('after a rush knows who got in, who has paid, how many pieces are left, and where the numbers stood', async () => {
    const offer = await harness.open(10)
    const [waiting, paid] = [await harness.shop.buyer(), await harness.shop.buyer()]
    const [first, second] = [
      await harness.admitted(offer, { buyer: waiting }),
      await harness.admitted(offer, { buyer: paid }),
    ]
    await harness.rush(offer, 3)
    await consumer(offer)
    await placeInOneTransaction(harness.sql, await flashOrder(harness.sql, second), 'run')
    expect(
      await harness.till.notify(await harness.till.facts(await harness.till.attempt(second, paid.id))),
    ).toBe('paid')
    await flush()
    await look()
    await syncGate(harness.deps)
    await harness.settles(offer, 5)
    expect(await ask(offer, waiting), 'its order is not placed').toEqual({
      answer: 'already_queued',
      ticket: first,
      position: 1,
    })
    expect(await harness.deps.gate.standing(offer, paid.id)).toMatchObject({
      ticket: second,
      paid: true,
      seq: 2,
      staged: 5,
    })
    expect(await ask(offer, paid), 'one more is within the limit').toMatchObject({
      answer: 'admitted',
      position: 5,
    })
    await consumer(offer)
  })

  it('in the middle of a rush: what was lost with it was never counted, and its buyers get in again', async () => {
    const offer = await harness.open(30)
    await harness.sql`DELETE FROM leases`
    const consumers = [harness.startConsumer(), harness.startConsumer()]
    onTestFinished(async () => {
      for (const one of consumers) await one.stop()
    })
    const buyers = await Promise.all(Array.from({ length: 30 }, () => harness.shop.buyer()))
    const joining = Promise.all(buyers.map((buyer) => ask(offer, buyer)))
    await flush()
    await joining
    /** Buyers knock until they are in and PostgreSQL knows it. */
    const inside = async () => {
      await Promise.all(buyers.map((buyer) => ask(offer, buyer)))
      return (
        await harness.sql`
          SELECT DISTINCT buyer_id
          FROM tickets
          WHERE session_id = ${offer.session} AND state <> 'refused'`
      ).count
    }
    await expect.poll(inside, { timeout: 30_000, interval: 200 }).toBe(30)
    await harness.settles(offer, 0)
    const counting = await harness.sql<{ id: TicketId }[]>`
      SELECT id::text AS id FROM tickets WHERE session_id = ${offer.session} AND state IN ('waiting', 'live')`
    expect(counting).toHaveLength(30)
    await harness.ordered(counting.map(({ id }) => id))
  })

  it('and had been paused stays paused', async () => {
    const offer = await harness.open(2)
    await pauseSession(harness.deps, offer.session, true)
    await flush()
    await look()
    expect([await harness.deps.gate.left(offer), await answer(offer)]).toEqual([2, 'paused'])
    await pauseSession(harness.deps, offer.session, false)
    expect(await answer(offer)).toBe('admitted')
    await consumer(offer)
  })

  it('in the middle of being loaded again forgets nobody for that', async () => {
    const offer = await harness.open(10)
    const buyer = await harness.shop.buyer()
    await harness.admitted(offer, { buyer })
    await consumer(offer)
    await flush()
    const loading = harness.redis.gateLoad.bind(harness.redis)
    const flushed = harness.redis.duplicate()
    onTestFinished(() => flushed.disconnect())
    const gate = createGate(flushed)
    let loads = 0
    flushed.gateLoad = async (...args) => {
      if (args[0] === keysOf(offer).offer && loads++ === 0) await flush()
      return await loading(...args)
    }
    const supervisor = createGateSupervisor({ ...harness.deps, gate }, 'in the middle')
    for (let i = 0; i < 2; i++) {
      await supervisor.look()
      await supervisor.idle()
    }
    expect(loads).toBe(2)
    expect(await ask(offer, buyer)).toMatchObject({ answer: 'already_queued' })
    await harness.settles(offer, 9)
  })

  it('is loaded once or twice by supervisors who do not know of each other, and counts the same', async () => {
    const offer = await harness.open(10)
    await harness.rush(offer, 4)
    await consumer(offer)
    await flush()
    await Promise.all(['a', 'b', 'c'].map((name) => look(name)))
    await harness.settles(offer, 6)
  })
})

describe('a consumer that was stopped in the middle of a batch', () => {
  it('while the gate was flushed and counted anew is not believed: never more is left and granted than there is', async () => {
    const offer = await harness.open(3)
    const tickets = await harness.rush(offer, 2)
    const entries = await harness.read(offer)
    await flush()
    await look()
    expect(await harness.deps.gate.left(offer)).toBe(3)
    await harness.rush(offer, 2)
    await stageEntries(harness.deps, offer, entries)
    for (const ticket of tickets)
      expect(await ticketRow(harness.sql, ticket)).toMatchObject({ state: 'refused', reason: 'gate_rebuilt' })
    await consumer(offer)
    await harness.settles(offer, 1)
  })

  it('between the minting of an epoch and its load is not believed either, and its buyers are free afterwards', async () => {
    const offer = await harness.open(3)
    const buyer = await harness.shop.buyer()
    await harness.admitted(offer, { buyer })
    const entries = await harness.read(offer)
    const epoch = await minted(harness.sql, offer)
    await stageEntries(harness.deps, offer, entries)
    await loadEpoch(harness.deps, offer, epoch)
    expect(await harness.deps.gate.left(offer)).toBe(3)
    expect(await ask(offer, buyer)).toMatchObject({ answer: 'admitted' })
    await consumer(offer)
    await harness.settles(offer, 2)
  })
})
