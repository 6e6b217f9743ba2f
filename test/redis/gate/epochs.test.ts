import { describe, expect, it } from 'vitest'
import { keysOf } from '../../../redis/gate/keys.ts'
import { keysOutliveMs, leaseMs } from '../../../redis/gate/offer-load.ts'
import type { LoadedTicket } from '../../support/gate-load.ts'
import { newBuyer, newTicket, places, type Sale, useGate } from './harness.ts'

const held = (more: Partial<LoadedTicket> = {}): LoadedTicket => ({
  ticket: newTicket(),
  buyer: newBuyer(),
  pieces: 1,
  seq: 1,
  paid: false,
  ...more,
})
const everything = (sale: Sale) => sale.redis.hgetall(keysOf(sale.offer).offer)

describe.each(places)('the epochs of a gate on %s', (place) => {
  const { open } = useGate(place)

  describe('a load', () => {
    it('replaces what was there: pieces, buyers, hours', async () => {
      const sale = await open()
      const before = await sale.admit()
      const known = held()
      expect(await sale.load({ epoch: 2, left: 5, limit: 2, tickets: [known] })).toBe('loaded')
      expect(await sale.left()).toBe(5)
      expect(await sale.holdings()).toEqual({
        [known.buyer]: [{ ticket: known.ticket, pieces: 1, seq: 1, paid: false }],
      })
      expect(await sale.join(before.buyer), 'whose ticket was lost may join again').toMatchObject({
        answer: 'admitted',
      })
    })

    it('knows the buyers of its tickets', async () => {
      const [live, paid] = [held({ seq: 7 }), held({ seq: 8, paid: true })]
      const both = [held({ pieces: 2, paid: true }), held({ seq: 9 })].map((ticket) => ({
        ...ticket,
        buyer: live.buyer,
      }))
      const sale = await open({ limit: 1, tickets: [paid, live] })
      expect(await sale.join(live.buyer)).toMatchObject({ answer: 'already_queued', ticket: live.ticket })
      expect(await sale.join(paid.buyer)).toEqual({ answer: 'already_bought' })
      await sale.load({ epoch: 2, limit: 3, tickets: both })
      expect(await sale.join(live.buyer)).toMatchObject({ answer: 'already_queued', ticket: both[1]?.ticket })
    })

    it('has nobody wait whom PostgreSQL has already, and goes on after them', async () => {
      const [staged, returned] = [held({ seq: 41 }), held({ seq: 40, paid: true })]
      const sale = await open({ tickets: [staged, returned] })
      expect(await sale.join(staged.buyer)).toMatchObject({ answer: 'already_queued', position: 0 })
      expect(await sale.admit()).toMatchObject({ position: 1 })
      const [queued] = await sale.queue.read(sale.offer, 'consumer', 10)
      expect(queued).toMatchObject({ seq: 42, epoch: 1 })
    })

    it('goes on counting where an older gate stopped', async () => {
      const sale = await open()
      await sale.admit()
      await sale.admit()
      await sale.load({ epoch: 2, tickets: [held({ seq: 1 })] })
      expect(await sale.admit()).toMatchObject({ position: 1 })
      expect(
        (await sale.queue.read(sale.offer, 'consumer', 10)).map(({ seq, epoch }) => [seq, epoch]),
      ).toEqual([
        [1, 1],
        [2, 1],
        [3, 2],
      ])
    })

    it('takes more buyers than one command would', async () => {
      const tickets = Array.from({ length: 11_000 }, (_, i) => held({ seq: i + 1 }))
      const sale = await open({ tickets })
      expect(Object.keys(await sale.holdings())).toHaveLength(11_000)
      for (const { buyer, ticket } of [tickets[0], tickets[5000], tickets.at(-1)].flatMap((one) => one ?? []))
        expect(await sale.join(buyer)).toMatchObject({ answer: 'already_queued', ticket })
    })

    it('changes nothing when it is late', async () => {
      const sale = await open({ epoch: 5 })
      await sale.admit()
      const before = await everything(sale)
      expect(await sale.load({ epoch: 4, left: 99, tickets: [held()] })).toBe('newer')
      expect(await everything(sale)).toEqual(before)
    })

    it('changes nothing when it is repeated, whoever joined since', async () => {
      const sale = await open({ left: 5 })
      await sale.admit()
      const before = await everything(sale)
      expect(await sale.load({ left: 5, paused: true, tickets: [held()] })).toBe('same')
      expect(await everything(sale)).toEqual(before)
    })

    it('leaves no buyers behind, and takes none from a load that was broken off', async () => {
      const sale = await open()
      const { loading } = keysOf(sale.offer)
      for (const [epoch, word] of [
        [2, 'loaded'],
        [2, 'same'],
        [1, 'newer'],
      ] as const) {
        await sale.redis.hset(loading(epoch), newBuyer(), '1:1:1:l')
        const known = held()
        expect(await sale.load({ epoch, tickets: [known] })).toBe(word)
        expect(await sale.redis.exists(loading(epoch))).toBe(0)
        if (word === 'loaded') expect(Object.keys(await sale.holdings())).toEqual([known.buyer])
      }
    })

    it('that is broken off leaves nothing for long: what it writes has a TTL from the first chunk on', async () => {
      const sale = await open()
      const loading = keysOf(sale.offer).loading(2)
      const lives: number[] = []
      async function* chunks() {
        for (const seq of [1, 2]) {
          yield { records: { [newBuyer()]: `${newTicket()}:1:${seq}:l` }, lastSeq: seq }
          lives.push(await sale.redis.pttl(loading))
        }
        throw new Error('PostgreSQL was lost')
      }
      const terms = { revision: 0, paused: false, shed: 0, opensAt: sale.opensAt, endsAt: sale.endsAt }
      const load = sale.gate.load(sale.offer, {
        epoch: 2,
        left: 8,
        limit: 1,
        terms,
        changes: [],
        buyers: chunks(),
      })
      await expect(load).rejects.toThrow('PostgreSQL was lost')
      expect(lives).toEqual([expect.closeTo(600_000, -4), expect.closeTo(600_000, -4)])
    })

    it('changes nothing when its buyers were lost on the way, with a restart or a flush', async () => {
      const sale = await open()
      await sale.admit()
      const before = await everything(sale)
      const { offer, queue, loading } = keysOf(sale.offer)
      await sale.redis.hset(loading(2), newBuyer(), '1:1:1:l')
      const terms = [sale.opensAt, sale.endsAt, 1, 0, leaseMs, keysOutliveMs, 2]
      expect(await sale.redis.gateLoad(offer, queue, loading(2), 2, 8, ...terms, 2, 0, 0)).toBe('stale')
      expect(await everything(sale)).toEqual(before)
      expect(await sale.redis.exists(loading(2))).toBe(0)
    })

    it('lets every key go a day after the end', async () => {
      const sale = await open({ tickets: [held()] })
      const { offer, queue } = keysOf(sale.offer)
      for (const key of [offer, queue])
        expect(await sale.redis.pexpiretime(key)).toBe(sale.endsAt + 86_400_000)
    })
  })

  describe('a give-back', () => {
    it('gives the pieces back once, however often it is signalled', async () => {
      const sale = await open({ limit: 3 })
      const won = await sale.admit(2)
      expect(await Promise.all([1, 2, 3].map(() => sale.giveBack(won)))).toEqual(['same', 'same', 'same'])
      expect(await sale.left()).toBe(10)
      const again = await sale.admit(3, won.buyer)
      expect(await sale.giveBack(won), 'the newer ticket is another one').toBe('same')
      expect(await sale.left()).toBe(7)
      expect(await sale.join(won.buyer)).toMatchObject({ answer: 'already_queued', ticket: again.ticket })
    })

    it('takes a paid ticket too, and only that one', async () => {
      const sale = await open({ limit: 3 })
      const first = await sale.admit(2)
      await sale.pay(first)
      const second = await sale.admit(1, first.buyer)
      await sale.giveBack(first)
      expect(await sale.left()).toBe(9)
      expect(await sale.holdings()).toEqual({
        [first.buyer]: [{ ticket: second.ticket, pieces: 1, seq: 2, paid: false }],
      })
    })

    it('is nothing to a gate that was loaded later, and has to be repeated for one that is older or empty', async () => {
      const sale = await open({ epoch: 3 })
      const won = await sale.admit()
      expect(await sale.giveBack(won, 2)).toBe('newer')
      expect(await sale.giveBack(won, 4)).toBe('older')
      expect(await sale.left()).toBe(9)
      expect(await sale.join(won.buyer)).toMatchObject({ answer: 'already_queued' })
      await sale.gate.remove(sale.offer)
      expect(await sale.giveBack(won, 3)).toBe('older')
      expect(await sale.left()).toBeUndefined()
    })
  })

  describe('a payment', () => {
    it('lets the buyer join again as far as the limit goes, synced once or twice', async () => {
      const sale = await open({ limit: 2 })
      const won = await sale.admit()
      expect([await sale.pay(won), await sale.pay(won)]).toEqual(['same', 'same'])
      const second = await sale.admit(1, won.buyer)
      expect(await sale.pay(won), 'the newer ticket is not paid by it').toBe('same')
      expect(await sale.join(won.buyer)).toMatchObject({ answer: 'already_queued', ticket: second.ticket })
    })

    it('marks that ticket and no other whose number ends alike', async () => {
      const [long, short] = [held({ paid: false }), held({ seq: 2 })]
      const tickets = [
        long,
        { ...short, buyer: long.buyer, ticket: long.ticket.slice(1) as typeof long.ticket },
      ] // Only here do lengths differ.
      const sale = await open({ limit: 3, tickets })
      await sale.pay({ buyer: long.buyer, ticket: tickets[1]?.ticket ?? long.ticket })
      expect((await sale.holdings())[long.buyer]?.map(({ paid }) => paid)).toEqual([false, true])
    })

    it('changes nothing at another epoch', async () => {
      const sale = await open({ epoch: 3 })
      const won = await sale.admit()
      expect([await sale.pay(won, 2), await sale.pay(won, 4)]).toEqual(['newer', 'older'])
      expect(await sale.join(won.buyer)).toMatchObject({ answer: 'already_queued' })
    })
  })
})
