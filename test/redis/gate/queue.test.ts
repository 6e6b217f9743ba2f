import { describe, expect, it } from 'vitest'
import type { TicketId } from '../../../domain/flash-sale.ts'
import type { AddressId } from '../../../domain/ids.ts'
import { keysOf } from '../../../redis/gate/keys.ts'
import type { Queued } from '../../../redis/gate/queue.ts'
import { newBuyer, newTicket, places, type Sale, useGate } from './harness.ts'

const decided = (entries: readonly Queued[], refused: boolean) =>
  entries.map((entry) => ({ ...entry, refused }))
const ticketsOf = (entries: readonly { ticket: TicketId }[]) => entries.map(({ ticket }) => ticket)
const counts = (sale: Sale, epoch = 1) => sale.gate.renew(sale.offer, epoch)

describe.each(places)('the queue of an offer on %s', (place) => {
  const { open } = useGate(place)

  it('keeps what each buyer asked for, in the order in which they were admitted', async () => {
    const sale = await open({ epoch: 4, limit: 3 })
    const [buyer, ticket, address] = [newBuyer(), newTicket(), '77' as AddressId] // Any decimal.
    await sale.join(buyer, { pieces: 3, ticket, address })
    const next = await sale.admit()
    const entries = await sale.queue.read(sale.offer, 'consumer', 10)
    expect(entries[0]).toEqual({
      entry: expect.any(String),
      ticket,
      buyer,
      pieces: 3,
      address,
      seq: 1,
      epoch: 4,
    })
    expect(entries[1]).toMatchObject({ ticket: next.ticket, seq: 2 })
  })

  it('gives each entry to one consumer', async () => {
    const sale = await open()
    const won = [await sale.admit(), await sale.admit(), await sale.admit()]
    const [a, b] = [await sale.queue.read(sale.offer, 'a', 2), await sale.queue.read(sale.offer, 'b', 2)]
    expect(ticketsOf([...a, ...b])).toEqual(ticketsOf(won))
    expect(await sale.queue.read(sale.offer, 'a', 2)).toEqual([])
  })

  it('is empty where there is none', async () => {
    const sale = await open()
    await sale.gate.remove(sale.offer)
    expect(await sale.queue.read(sale.offer, 'consumer', 10)).toEqual([])
    expect(await sale.queue.takeOver(sale.offer, 'consumer', { most: 10, afterMs: 0 })).toEqual([])
    expect(await sale.queue.length(sale.offer)).toBe(0)
  })

  describe('what a dead consumer has read', () => {
    it('is taken over once it has lain for five seconds', async () => {
      const sale = await open()
      const won = [await sale.admit(), await sale.admit()]
      const [first] = await sale.queue.read(sale.offer, 'dead', 10)
      expect(await sale.queue.takeOver(sale.offer, 'heir', { most: 10, afterMs: 3_600_000 })).toEqual([])
      await sale.redis.call(
        'XCLAIM',
        keysOf(sale.offer).queue,
        'consumers',
        'dead',
        0,
        first?.entry ?? '',
        'IDLE',
        5001,
      )
      expect(ticketsOf(await sale.queue.takeOver(sale.offer, 'heir', { most: 10 }))).toEqual([won[0]?.ticket])
    })

    it('belongs to whoever asks before a rebuild, as far as it is not acknowledged', async () => {
      const sale = await open()
      for (let i = 0; i < 3; i++) await sale.admit()
      const read = await sale.queue.read(sale.offer, 'dead', 3)
      await sale.queue.acknowledge(sale.offer, decided(read.slice(0, 1), false))
      const taken = await sale.queue.takeOver(sale.offer, 'heir', { most: 10, afterMs: 0 })
      expect(taken).toEqual(read.slice(1))
      expect(await sale.queue.acknowledge(sale.offer, decided(taken, false))).toBe(2)
      expect(await sale.queue.acknowledge(sale.offer, decided(read, false)), 'the dead one wakes up').toBe(0)
      expect(await counts(sale)).toEqual({ is: 'renewed', left: 7, queued: 0 })
    })
  })

  describe('an acknowledgement', () => {
    it('takes entries off the queue and moves everybody up, once', async () => {
      const sale = await open()
      const won = [await sale.admit(), await sale.admit(), await sale.admit()]
      const read = await sale.queue.read(sale.offer, 'consumer', 2)
      expect(await counts(sale)).toMatchObject({ left: 7, queued: 3 })
      expect(await sale.queue.acknowledge(sale.offer, decided(read, false))).toBe(2)
      expect(await sale.queue.acknowledge(sale.offer, decided(read, false))).toBe(0)
      expect(await counts(sale)).toMatchObject({ left: 7, queued: 1 })
      expect(await sale.queue.length(sale.offer)).toBe(1)
      expect(await sale.queue.takeOver(sale.offer, 'consumer', { most: 10, afterMs: 0 })).toEqual([])
      const positions = await Promise.all(won.map(({ buyer }) => sale.join(buyer)))
      expect(positions.map((one) => 'position' in one && one.position)).toEqual([0, 0, 1])
    })

    it('moves nobody back when an earlier one comes later', async () => {
      const sale = await open()
      for (let i = 0; i < 3; i++) await sale.admit()
      const last = await sale.admit()
      const [early, late] = [
        await sale.queue.read(sale.offer, 'slow', 1),
        await sale.queue.read(sale.offer, 'fast', 2),
      ]
      await sale.queue.acknowledge(sale.offer, decided(late, false))
      expect(await sale.join(last.buyer)).toMatchObject({ position: 1 })
      await sale.queue.acknowledge(sale.offer, decided(early, false))
      expect(await sale.join(last.buyer)).toMatchObject({ position: 1 })
    })

    it('leaves nothing pending', async () => {
      const sale = await open()
      await sale.admit()
      await sale.stage()
      expect(await sale.redis.xpending(keysOf(sale.offer).queue, 'consumers')).toEqual([0, null, null, null])
    })

    it('says it in pieces', async () => {
      const sale = await open({ limit: 4 })
      await sale.admit(4)
      await sale.admit(1)
      expect(await counts(sale)).toMatchObject({ left: 5, queued: 5 })
      await sale.queue.acknowledge(
        sale.offer,
        decided(await sale.queue.read(sale.offer, 'consumer', 1), false),
      )
      expect(await counts(sale)).toMatchObject({ left: 5, queued: 1 })
    })

    it('frees the buyer whom staging refused, and adds no pieces, as nobody has counted them', async () => {
      const sale = await open()
      const { buyer } = await sale.admit()
      const refused = decided(await sale.queue.read(sale.offer, 'consumer', 10), true)
      expect(await sale.queue.acknowledge(sale.offer, refused)).toBe(1)
      expect(await counts(sale)).toMatchObject({ left: 9, queued: 0 })
      const again = await sale.admit(1, buyer)
      expect(await sale.queue.acknowledge(sale.offer, refused), 'acknowledged twice').toBe(0)
      expect(await sale.join(buyer)).toMatchObject({ answer: 'already_queued', ticket: again.ticket })
      expect(await counts(sale)).toMatchObject({ left: 8, queued: 1 })
    })

    it("is no business of a newer gate's counts", async () => {
      const sale = await open()
      const { buyer } = await sale.admit()
      const old = await sale.queue.read(sale.offer, 'consumer', 10)
      await sale.load({ epoch: 2, left: 10 })
      const again = await sale.admit(1, buyer)
      expect(await sale.queue.acknowledge(sale.offer, decided(old, true))).toBe(1)
      expect(await counts(sale, 2)).toEqual({ is: 'renewed', left: 9, queued: 1 })
      expect(await sale.join(buyer)).toMatchObject({
        answer: 'already_queued',
        ticket: again.ticket,
        position: 1,
      })
    })

    it('is counted when the gate is gone, and makes none', async () => {
      const sale = await open()
      await sale.admit()
      const read = await sale.queue.read(sale.offer, 'consumer', 10)
      await sale.redis.del(keysOf(sale.offer).offer)
      expect(await sale.queue.acknowledge(sale.offer, decided(read, false))).toBe(1)
      expect(await sale.redis.exists(keysOf(sale.offer).offer)).toBe(0)
    })
  })

  describe('what a buyer sees', () => {
    const standing = (sale: Sale, { buyer }: { buyer: Parameters<Sale['join']>[0] }) =>
      sale.gate.standing(sale.offer, buyer)

    it('is the newest ticket, its number, and how far staging is', async () => {
      const sale = await open({ limit: 3 })
      await sale.admit()
      const won = await sale.admit(2)
      expect(await standing(sale, won)).toMatchObject({
        ticket: won.ticket,
        pieces: 2,
        seq: 2,
        paid: false,
        staged: 0,
      })
      await sale.stage()
      await sale.pay(won)
      expect(await standing(sale, won)).toMatchObject({ seq: 2, paid: true, staged: 2 })
      const newer = await sale.admit(1, won.buyer)
      expect(await standing(sale, won)).toMatchObject({
        ticket: newer.ticket,
        seq: 3,
        paid: false,
        staged: 2,
      })
      await sale.giveBack(newer)
      expect(await standing(sale, won)).toMatchObject({ ticket: won.ticket, paid: true })
      expect(await standing(sale, { buyer: newBuyer() })).toBeUndefined()
    })

    it('is how many orders were placed in the last minute', async () => {
      const sale = await open()
      const won = [await sale.admit(), await sale.admit(), await sale.admit()]
      await sale.stage()
      await sale.look({ waiting: 3, firstWaiting: 1 })
      const perMinute = async () => (await standing(sale, won[0] ?? { buyer: newBuyer() }))?.perMinute
      expect(await perMinute()).toBe(0)
      await sale.look({ waiting: 1, firstWaiting: 3 })
      await sale.look({ waiting: 0, firstWaiting: null })
      expect(await perMinute()).toBeOneOf([3, 2]) // Two, when the minute turns just now.
      await sale.redis.hset(keysOf(sale.offer).offer, 'minute', 1)
      expect(await perMinute()).toBe(0)
    })

    it('is a position that goes down until the order is placed, not only until the ticket is staged', async () => {
      const sale = await open()
      const won = [await sale.admit(), await sale.admit(), await sale.admit()]
      const positions = () => Promise.all(won.map(async (one) => (await standing(sale, one))?.position))
      expect(await positions()).toEqual([1, 2, 3])
      await sale.stage(2)
      await sale.look({ waiting: 2, firstWaiting: 1 })
      expect(await positions(), 'two are staged, none is placed').toEqual([1, 2, 3])
      await sale.stage()
      await sale.look({ waiting: 2, firstWaiting: 2 })
      expect(await positions(), 'the first is placed').toEqual([0, 1, 2])
      expect(await sale.join(won[2]?.buyer ?? newBuyer())).toMatchObject({ position: 2 })
      await sale.look({ waiting: 1, firstWaiting: 2 })
      expect(await positions(), 'one that is stuck holds up nobody').toEqual([0, 1, 1])
    })
  })
})
