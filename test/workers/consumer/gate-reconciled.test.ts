import { describe, expect, it } from 'vitest'
import type { OfferKey, TicketId } from '../../../domain/flash-sale.ts'
import { keysOf } from '../../../redis/gate/keys.ts'
import { shedSale, stopSale } from '../../../services/flash-sales/brakes.ts'
import { endSession } from '../../../services/flash-sales/end-session.ts'
import { loadEpoch } from '../../../services/flash-sales/load-gate.ts'
import { preheat } from '../../../services/flash-sales/preheat.ts'
import { stageEntries } from '../../../services/flash-sales/stage-tickets.ts'
import { createGateSupervisor } from '../../../services/flash-sales/supervise-gate.ts'
import { join, offerRow, planSession, ticketRow } from '../../support/flash-sale.ts'
import { minted } from '../../support/gate-load.ts'
import { audited } from '../../support/use-shop.ts'
import { consumerHarness } from './harness.ts'

const harness = await audited(consumerHarness())

async function looks(times = 1): Promise<void> {
  const supervisor = createGateSupervisor(harness.deps, `looks-${harness.shop.ids.next()}`)
  await harness.sql`DELETE FROM leases`
  for (let i = 0; i < times; i++) {
    await supervisor.look()
    await supervisor.idle()
  }
  await supervisor.resign()
}
const fresh = () => harness.shop.ids.next() as TicketId // A fresh snowflake.
const answer = async (offer: OfferKey) =>
  (await join(harness.deps.gate, offer, { buyer: await harness.shop.buyer(), ticket: fresh() })).answer
const consumer = async (offer: OfferKey) => stageEntries(harness.deps, offer, await harness.read(offer))
const reasons = async ({ session, sku }: OfferKey) =>
  (
    await harness.sql<{ reason: string }[]>`
      SELECT reason FROM attention WHERE subject = ${`${session} ${sku}`} ORDER BY reason`
  ).map(({ reason }) => reason)

describe('one look opens again a gate', () => {
  it('that a recount has held and, as its supervisor died, never loaded', async () => {
    const offer = await harness.open(3)
    await harness.deps.gate.hold(offer)
    expect(await answer(offer)).toBe('paused')
    await looks()
    expect(await answer(offer)).toBe('admitted')
    expect(await offerRow(harness.sql, offer), 'it is the same gate').toMatchObject({ epoch: 1 })
    await consumer(offer)
  })
})

describe('a PostgreSQL that is older than Redis', () => {
  it('of an epoch that it has forgotten: the gate is rebuilt above its own epoch, and admits', async () => {
    const offer = await harness.open(5)
    const lost = await harness.rush(offer, 2)
    await harness.sql`UPDATE offers SET epoch = 4 WHERE session_id = ${offer.session}`
    await loadEpoch(harness.deps, offer, 4)
    const after = await harness.rush(offer, 1)
    await harness.sql`UPDATE offers SET epoch = 1 WHERE session_id = ${offer.session}` // Restored.
    await looks()
    expect(await offerRow(harness.sql, offer)).toMatchObject({ epoch: 5 })
    for (const ticket of after)
      expect(await ticketRow(harness.sql, ticket)).toMatchObject({ state: 'refused', reason: 'gate_rebuilt' })
    for (const ticket of lost)
      expect(await ticketRow(harness.sql, ticket)).toMatchObject({ state: 'waiting' })
    expect(await answer(offer)).toBe('admitted')
    await consumer(offer)
    await harness.settles(offer, 2)
  })

  it('of staged tickets that it has forgotten: the pieces are recounted, and their buyers may join again', async () => {
    const offer = await harness.open(5)
    const buyer = await harness.shop.buyer()
    await harness.admitted(offer, { buyer })
    await consumer(offer)
    await harness.sql`DELETE FROM tickets WHERE session_id = ${offer.session}`
    await harness.sql`UPDATE offers SET granted = 0 WHERE session_id = ${offer.session}`
    await looks(7)
    expect(await reasons(offer)).toEqual(['gate_recounted'])
    await harness.settles(offer, 5)
    expect(await join(harness.deps.gate, offer, { buyer, ticket: fresh() })).toMatchObject({
      answer: 'admitted',
    })
    await consumer(offer)
  })

  it('of brakes that it has forgotten: the gate obeys PostgreSQL', async () => {
    const offer = await harness.open(3)
    await stopSale(harness.deps, offer)
    await harness.sql`
      UPDATE offers
      SET paused = false, terms_revision = 0
      WHERE session_id = ${offer.session}`
    await looks()
    expect(await answer(offer)).toBe('admitted')
    await consumer(offer)
  })
})

describe('a queue whose key alone is removed', () => {
  it('is noticed in the next look: the gate is rebuilt, a human is notified, and the lost buyers may join again', async () => {
    const offer = await harness.open(5)
    const buyer = await harness.shop.buyer()
    await harness.admitted(offer, { buyer, pieces: 2 })
    await harness.redis.del(keysOf(offer).queue)
    await looks()
    expect(await reasons(offer)).toEqual(['gate_queue_lost'])
    await harness.settles(offer, 5)
    expect(await join(harness.deps.gate, offer, { buyer, ticket: fresh(), pieces: 2 })).toMatchObject({
      answer: 'admitted',
    })
    await consumer(offer)
    await harness.settles(offer, 3)
  })

  it('and made again by the next join loses that one not, nor its TTL', async () => {
    const offer = await harness.open(5)
    await harness.admitted(offer)
    await harness.redis.del(keysOf(offer).queue)
    const next = await harness.admitted(offer)
    await looks()
    expect(await ticketRow(harness.sql, next)).toMatchObject({ state: 'waiting' })
    expect(await harness.redis.pttl(keysOf(offer).queue)).toBeGreaterThan(0)
    await harness.settles(offer, 4)
  })
})

describe('a load', () => {
  it('is dropped once PostgreSQL has left its epoch, and leaves nothing behind', async () => {
    const offer = await harness.open(5)
    const older = await minted(harness.sql, offer)
    await minted(harness.sql, offer)
    expect(await loadEpoch(harness.deps, offer, older)).toBe('dropped')
    expect(await harness.redis.hget(keysOf(offer).offer, 'epoch')).toBe('1')
    expect(await harness.redis.exists(keysOf(offer).loading(older))).toBe(0)
    await looks()
    await harness.settles(offer, 5)
  })

  it('of many buyers, each with several tickets, knows all of them', async () => {
    const offer = await harness.open(20)
    const buyer = await harness.shop.buyer()
    const first = await harness.admitted(offer, { buyer })
    await consumer(offer)
    await harness.sql`
      INSERT INTO tickets (id, session_id, sku_id, buyer_id, address_id, quantity, seq, state)
      SELECT 9000000 + n, ${offer.session}, ${offer.sku}, 5000000 + n / 2, 1, 1, 10 + n, 'refused'
      FROM generate_series(1, 9000) n`
    await harness.sql`
      UPDATE tickets
      SET state = 'paid'
      WHERE session_id = ${offer.session} AND id <> ${first}`
    await loadEpoch(harness.deps, offer, await minted(harness.sql, offer))
    const records = await harness.redis.hmget(keysOf(offer).offer, '5000000', '5002000', '5004500', buyer.id)
    expect(records).toEqual([
      '9000001:1:11:p',
      '9004000:1:4010:p,9004001:1:4011:p',
      '9009000:1:9010:p',
      `${first}:1:1:l`,
    ])
    expect(await harness.redis.hget(keysOf(offer).offer, 'seq')).toBe('9010')
    await harness.sql`DELETE FROM tickets WHERE session_id = ${offer.session} AND id <> ${first}`
  })

  it('that comes after an operator’s brake obeys it, also when it was read before', async () => {
    const offer = await harness.open(5)
    const epoch = await minted(harness.sql, offer)
    const load: typeof harness.deps.gate.load = async (...args) => {
      await stopSale(harness.deps, offer)
      return await harness.deps.gate.load(...args)
    }
    expect(await loadEpoch({ sql: harness.sql, gate: { ...harness.deps.gate, load } }, offer, epoch)).toBe(
      'loaded',
    )
    expect(await answer(offer)).toBe('paused')
  })
})

it('a session that is over for days and never closed has one gate, which answers `ended`, and stops no other', async () => {
  const sku = await harness.shop.sku({ 1: 3 })
  const { session } = await planSession(harness.sql, { offers: [{ sku, quota: 3 }] })
  const [offer, healthy] = [{ session, sku }, await harness.open(2)]
  await preheat(harness.deps, session)
  await harness.admitted(offer)
  await consumer(offer)
  await harness.sql`
    UPDATE sessions
    SET opens_at = now() - interval '4 days',
        ends_at = now() - interval '3 days'
    WHERE id = ${session}`
  await harness.deps.gate.remove(offer)
  await looks(3)
  expect(await offerRow(harness.sql, offer)).toMatchObject({ epoch: 2, granted: 1 })
  expect([await answer(offer), await answer(healthy)]).toEqual(['ended', 'admitted'])
  expect(await harness.redis.pttl(keysOf(offer).offer)).toBeGreaterThan(86_000_000)
  await consumer(healthy)
  await endSession(harness.sql, session)
})

it('keys of a gate that is looked at do not expire', async () => {
  const offer = await harness.open(3)
  const { offer: key, queue } = keysOf(offer)
  for (const name of [key, queue]) await harness.redis.pexpire(name, 60_000)
  await looks()
  for (const name of [key, queue]) expect(await harness.redis.pttl(name)).toBeGreaterThan(80_000_000)
})

it('a share of joins that is refused is the same after a rebuild', async () => {
  const offer = await harness.open(3)
  await shedSale(harness.deps, { session: offer.session }, 100)
  await harness.deps.gate.remove(offer)
  await looks()
  expect(await answer(offer)).toBe('paused')
  await shedSale(harness.deps, { session: offer.session }, 0)
  expect(await answer(offer)).toBe('admitted')
  await consumer(offer)
})
