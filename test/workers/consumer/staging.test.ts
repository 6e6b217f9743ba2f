import { describe, expect, it } from 'vitest'
import type { OfferKey, TicketId } from '../../../domain/flash-sale.ts'
import { keysOf } from '../../../redis/gate/keys.ts'
import { endSession } from '../../../services/flash-sales/end-session.ts'
import { stage, stageEntries } from '../../../services/flash-sales/stage-tickets.ts'
import { offerRow, ticketRow } from '../../support/flash-sale.ts'
import { minted } from '../../support/gate-load.ts'
import { audited } from '../../support/use-shop.ts'
import { consumerHarness } from './harness.ts'

const harness = await audited(consumerHarness())

const consumer = async (offer: OfferKey) => stageEntries(harness.deps, offer, await harness.read(offer))
const granted = async (offer: OfferKey) => (await offerRow(harness.sql, offer)).granted

describe('staging', () => {
  it('counts a ticket once, however often and by how many consumers it is staged', async () => {
    const offer = await harness.open(10)
    await harness.admitted(offer, { pieces: 2 })
    await harness.rush(offer, 4)
    const entries = await harness.read(offer)
    await Promise.all([1, 2, 3].map(() => stage(harness.sql, offer, entries)))
    expect(await stage(harness.sql, offer, entries)).toEqual(
      entries.map((entry) => ({ ...entry, refused: false })),
    )
    expect(await granted(offer)).toBe(6)
    await Promise.all([1, 2, 3].map(() => stageEntries(harness.deps, offer, entries)))
    await harness.settles(offer, 4)
  })

  it('counts a ticket once that is in one batch twice', async () => {
    const offer = await harness.open(10)
    await harness.admitted(offer)
    const [entry] = await harness.read(offer)
    if (!entry) throw new Error('the queue is empty')
    await stage(harness.sql, offer, [entry, entry])
    expect(await granted(offer)).toBe(1)
    await stageEntries(harness.deps, offer, [entry])
    await harness.settles(offer, 9)
  })

  it('says that the offer is sold out once its last piece is granted', async () => {
    const offer = await harness.open(2)
    await harness.admitted(offer)
    await consumer(offer)
    expect(await offerRow(harness.sql, offer)).toMatchObject({ granted: 1, soldOut: false })
    await harness.admitted(offer)
    await consumer(offer)
    expect(await offerRow(harness.sql, offer)).toMatchObject({ granted: 2, soldOut: true })
  })
})

describe('a ticket that was let in', () => {
  /**
   * Staging refuses it, whoever comes how often, for this reason; its buyer is free, and its piece belongs to
   * nobody until the gate is counted anew.
   */
  async function refused(
    offer: OfferKey,
    ticket: TicketId,
    { reason, ...counted }: { reason: string; granted: number; left: number },
  ): Promise<void> {
    const entries = await harness.read(offer)
    for (let i = 0; i < 2; i++) await stageEntries(harness.deps, offer, entries)
    expect(await ticketRow(harness.sql, ticket)).toEqual({ state: 'refused', reason, sync: null })
    const buyer = entries.find((entry) => entry.ticket === ticket)?.buyer
    expect(buyer && (await harness.deps.gate.standing(offer, buyer))).toBeUndefined()
    expect({ granted: await granted(offer), left: await harness.deps.gate.left(offer) }).toEqual(counted)
    expect(await harness.deps.queue.length(offer)).toBe(0)
  }

  it('by a gate that was counted anew since is refused', async () => {
    const offer = await harness.open(3)
    const ticket = await harness.admitted(offer)
    await minted(harness.sql, offer)
    await refused(offer, ticket, { reason: 'gate_rebuilt', granted: 0, left: 2 })
  })

  it('beyond the quota, by a gate that believed in a piece too many, is refused', async () => {
    const offer = await harness.open(1)
    const first = await harness.admitted(offer)
    await harness.redis.hincrby(keysOf(offer).offer, 'left', 1)
    await refused(offer, await harness.admitted(offer), { reason: 'no_pieces_left', granted: 1, left: 0 })
    expect(await ticketRow(harness.sql, first)).toMatchObject({ state: 'waiting' })
  })

  it('beyond the quota does not turn away a smaller one that fits', async () => {
    const offer = await harness.open(2)
    await harness.admitted(offer)
    await harness.redis.hincrby(keysOf(offer).offer, 'left', 2)
    const large = await harness.admitted(offer, { pieces: 2 })
    const small = await harness.admitted(offer)
    await refused(offer, large, { reason: 'no_pieces_left', granted: 2, left: 0 })
    expect(await ticketRow(harness.sql, small)).toMatchObject({ state: 'waiting' })
  })

  it('by a gate that has forgotten the buyer’s other ticket is refused: unpaid ones, and pieces beyond the limit', async () => {
    const offer = await harness.open(9)
    const buyer = await harness.shop.buyer()
    const forgotten = () => harness.redis.hdel(keysOf(offer).offer, buyer.id)
    const first = await harness.admitted(offer, { buyer })
    await consumer(offer)
    await forgotten()
    await refused(offer, await harness.admitted(offer, { buyer }), {
      reason: 'over_limit',
      granted: 1,
      left: 7,
    })

    await harness.redis.hset(keysOf(offer).offer, 'limit', 9)
    const three = await harness.admitted(offer, { pieces: 3 })
    await refused(offer, three, { reason: 'over_limit', granted: 1, left: 4 })
    expect(await ticketRow(harness.sql, first)).toMatchObject({ state: 'waiting' })
  })

  it('when the session has been counted to its end is refused', async () => {
    const offer = await harness.open(3)
    const ticket = await harness.admitted(offer)
    await endSession(harness.sql, offer.session)
    await refused(offer, ticket, { reason: 'session_ended', granted: 0, left: 2 })
  })

  it('and refused may join again', async () => {
    const offer = await harness.open(1)
    const buyer = await harness.shop.buyer()
    await harness.admitted(offer)
    await harness.redis.hincrby(keysOf(offer).offer, 'left', 1)
    const ticket = await harness.admitted(offer, { buyer })
    await refused(offer, ticket, { reason: 'no_pieces_left', granted: 1, left: 0 })
    await harness.redis.hincrby(keysOf(offer).offer, 'left', 1)
    expect(await harness.admitted(offer, { buyer })).not.toBe(ticket)
  })
})

describe('an entry of the queue that the gate did not write', () => {
  const container = ['ticket', 'pieces', 'seq', 'state', 'buyer', 'address', 'epoch'] as const
  type Wrong = Partial<Record<(typeof container)[number], string>>

  /** Adds a copy of the first entry, of another ticket, with something else in it. */
  async function forge({ queue }: ReturnType<typeof keysOf>, wrong: Wrong): Promise<string | null> {
    const [first] = await harness.redis.xrange(queue, '-', '+', 'COUNT', 1)
    const [field = '', text = ''] = first?.[1] ?? []
    const instead: Wrong = { ticket: harness.shop.ids.next(), ...wrong }
    const changed = text.split(':').map((part, i) => instead[container[i] ?? 'state'] ?? part)
    return await harness.redis.xadd(queue, '*', field, changed.join(':'))
  }

  it.each<[string, Wrong]>([
    ['names no buyer', { buyer: '' }],
    ['has a ticket that no database can hold', { ticket: '9'.repeat(19) }],
    ['wants no pieces', { pieces: '0' }],
    ['has a number that no database can hold', { seq: '99999999999' }],
    ['is of no epoch', { epoch: 'x' }],
    [
      'is all rubbish',
      { ticket: "'; DROP TABLE tickets", pieces: '-1e9', seq: 'NaN', buyer: '\u0000', address: '{}' },
    ],
  ])('and that %s is shown to a human, and the others go on', async (_, wrong) => {
    const offer = await harness.open(3)
    const before = await harness.admitted(offer)
    const entry = await forge(keysOf(offer), wrong)
    await setAside(offer, entry, [before, await harness.admitted(offer)])
  })

  it('and that has other fields is shown to a human, and the others go on', async () => {
    const offer = await harness.open(3)
    const before = await harness.admitted(offer)
    const entry = await harness.redis.xadd(keysOf(offer).queue, '*', 'hello', 'world', 'a', 'b')
    await setAside(offer, entry, [before, await harness.admitted(offer)])
  })

  async function setAside(offer: OfferKey, entry: string | null, others: TicketId[]): Promise<void> {
    await consumer(offer)
    for (const ticket of others)
      expect(await ticketRow(harness.sql, ticket)).toMatchObject({ state: 'waiting' })
    const about = await harness.sql`
        SELECT reason
        FROM attention
        WHERE subject = ${`${offer.session} ${offer.sku} ${entry}`}`
    expect([...about]).toEqual([{ reason: 'queue_entry_unreadable' }])
    await harness.settles(offer, 1)
    expect(await harness.deps.queue.length(offer)).toBe(0)
  }
})
