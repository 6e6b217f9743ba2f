import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { UserId } from '../../../domain/ids.ts'
import { keysOf } from '../../../redis/gate/keys.ts'
import { newBuyer, newTicket, places, type Sale, useGate, type Won } from './harness.ts'
import { type PlainGate, plainGate } from './model.ts'

const quota = 8
const limit = 3

/**
 * What may happen to a sale, in any order. `which`: of all tickets that were ever granted, so that the same
 * may happen to one twice.
 */
const happening = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constant('join' as const),
      who: fc.nat(4),
      pieces: fc.integer({ min: 1, max: 3 }),
      honest: oftenTrue(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('pay' as const), which: fc.nat(20) }) },
  {
    weight: 3,
    arbitrary: fc.record({ what: fc.constant('give back' as const), which: fc.nat(20), late: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constantFrom('more' as const, 'fewer' as const), change: fc.nat(3) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant('stage' as const), most: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('keep' as const), which: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constantFrom('pause' as const, 'resume' as const) }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constantFrom('look' as const, 'rebuild' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constantFrom('lose the lease' as const, 'restart' as const, 'lose the queue' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('end' as const) }) },
)
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never

function oftenTrue(): fc.Arbitrary<boolean> {
  return fc.nat(9).map((n) => n > 0)
}

describe.each(places)('the gate on %s', (place) => {
  const { open } = useGate(place)

  it('answers as its explanation does, and no piece appears or disappears', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 40, size: 'max' }), async (story) => {
        const sale = await open({ left: quota, limit })
        const cast = { buyers: Array.from({ length: 5 }, newBuyer), granted: [] as Won[] }
        const plain = plainGate({ quota, limit })
        for (const next of story) {
          await happens(next, { sale, plain }, cast)
          const { holds, paused, ended, epoch, ...expected } = plain.state()
          const [left, queued] = await sale.redis.hmget(keysOf(sale.offer).offer, 'left', 'queued')
          expect({
            quota: Number(left) + holds,
            left: Number(left),
            queued: Number(queued),
            waiting: await sale.queue.length(sale.offer),
            holdings: await sale.holdings(),
          }).toEqual(expected)
        }
      }),
      { numRuns: 100 },
    )
  })
})

type Cast = { buyers: UserId[]; granted: Won[] }

/** Lets it happen to both, and expects that both say the same about it. */
async function happens(
  next: Happening,
  { sale, plain }: { sale: Sale; plain: PlainGate },
  { buyers, granted }: Cast,
): Promise<void> {
  const { epoch } = plain.state()
  const { offer: key, queue } = keysOf(sale.offer)
  switch (next.what) {
    case 'join': {
      const buyer = buyers[next.who] ?? newBuyer()
      const ticket = newTicket()
      const answer = await sale.join(buyer, {
        pieces: next.pieces,
        ticket,
        ...(next.honest ? {} : { token: 'made-up' }),
      })
      expect(answer).toEqual(plain.join(buyer, next.pieces, { ticket, honest: next.honest }))
      if (answer.answer === 'admitted') granted.push({ buyer, ticket })
      return
    }
    case 'pay':
    case 'give back': {
      const won = granted[next.which % Math.max(1, granted.length)]
      if (!won) return
      if (next.what === 'pay') return expect(await sale.pay(won, epoch)).toBe(plain.pay(won.ticket, epoch))
      const theirs = next.late ? epoch - 1 : epoch
      // Each time the same of one ticket, as PostgreSQL has it.
      const until = BigInt(won.ticket) % 2n === 0n ? sale.endsAt : undefined
      return expect(await sale.giveBack(won, theirs, until ?? 0)).toBe(
        plain.giveBack(won.ticket, theirs, until),
      )
    }
    case 'keep': {
      const won = granted[next.which % Math.max(1, granted.length)]
      if (!won) return
      const keeps = Math.max(1, plain.piecesOf(won.ticket) - 1)
      return expect(await sale.keep(won, keeps, epoch)).toBe(plain.keep(won.ticket, epoch, keeps))
    }
    case 'look':
      return expect(await sale.gate.renew(sale.offer, epoch)).toEqual(plain.renew())
    case 'lose the lease':
      plain.loseLease()
      await sale.redis.hset(key, { lease: Date.now() - 60_000, seen: 0 })
      return
    case 'restart':
      plain.restart()
      await sale.redis.hset(key, { server: 'f'.repeat(80), seen: 0 }) // What no server is.
      return
    case 'lose the queue':
      plain.loseQueue()
      await sale.redis.unlink(queue)
      return
    case 'more': {
      const [change, pieces] = [`more-${next.change}`, next.change + 1]
      const countedAt = plain.countedAt(change) ?? epoch
      return expect(await sale.gate.addQuota(sale.offer, { change, pieces, epoch: countedAt })).toBe(
        plain.more(change, pieces),
      )
    }
    case 'fewer': {
      const [change, pieces] = [`fewer-${next.change}`, next.change + 1]
      // PostgreSQL has counted it: a newer gate is not asked again.
      if ((plain.countedAt(change) ?? epoch) < epoch) return
      return expect(await sale.gate.takeQuota(sale.offer, change, pieces)).toEqual(
        plain.fewer(change, pieces),
      )
    }
    case 'stage':
      return expect((await sale.stage(next.most)).map(({ ticket }) => ticket)).toEqual(plain.stage(next.most))
    case 'rebuild':
      expect((await sale.stage()).map(({ ticket }) => ticket)).toEqual(plain.stage(1000))
      return expect(await sale.load({ ...plain.mint(), ...hours(sale, plain) })).toBe('loaded')
    case 'pause':
    case 'resume':
    case 'end':
      plain.setPhase(next.what === 'end' ? { ended: true } : { paused: next.what === 'pause' })
      return expect(await sale.setTerms({ paused: plain.state().paused, ...hours(sale, plain) }, epoch)).toBe(
        'same',
      )
  }
}

const hours = ({ opensAt, endsAt }: Sale, plain: PlainGate) => ({
  opensAt,
  endsAt: plain.state().ended ? opensAt + 1 : endsAt,
})
