import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OfferKey, TicketId } from '../../../domain/flash-sale.ts'
import { keysOf } from '../../../redis/gate/keys.ts'
import { pauseSession } from '../../../services/flash-sales/session-phase.ts'
import { drainOffer, stage } from '../../../services/flash-sales/stage-tickets.ts'
import { createKeeper } from '../../../services/flash-sales/supervise-gate.ts'
import { tellGate } from '../../../services/flash-sales/sync-gate.ts'
import { closeOrder } from '../../../services/orders/close.ts'
import { placeAtOnce } from '../../../services/orders/place.ts'
import type { DrainDeps } from '../../../workers/consumer/deps.ts'
import { expectBooksToAddUp } from '../../support/books.ts'
import { join, offerRow } from '../../support/flash-sale.ts'
import { flashOrder } from '../../support/tickets.ts'
import { type DrainRig, drainRig } from './harness.ts'

let rig: DrainRig
beforeAll(async () => {
  rig = await drainRig()
})
afterAll(async () => {
  await expectBooksToAddUp(rig.sql)
  await rig.close()
})

/** A keeper that remembers which gates it has looked after. */
function keeper(name: string, but: Partial<DrainDeps['gate']> = {}) {
  const kept: string[] = []
  const renew: DrainDeps['gate']['renew'] = async (offer, epoch) => {
    kept.push(offer.session)
    return await rig.deps.gate.renew(offer, epoch)
  }
  return { ...createKeeper({ ...rig.deps, gate: { ...rig.deps.gate, renew, ...but } }, name), kept }
}
async function looks({ look }: { look(): Promise<number> }, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await look()
}
const leaseRunsOut = () => rig.sql`UPDATE leases SET leased_until = now() WHERE name = 'keeper'`
const answer = async (offer: OfferKey) =>
  (await join(rig.deps.gate, offer, await rig.shop.buyer(), rig.shop.ids.next() as TicketId)).answer
const drain = async (offer: OfferKey) => drainOffer(rig.deps, offer, await rig.read(offer))
const attentionOn = async ({ session, sku }: OfferKey) => [
  ...(await rig.sql`SELECT reason, details FROM attention WHERE subject = ${`${session} ${sku}`}`),
]

describe('of several keepers', () => {
  it('one keeps the gates, and goes on keeping them', async () => {
    const { session } = await rig.open(1)
    const keepers = [keeper('a'), keeper('b'), keeper('c')]
    for (let i = 0; i < 3; i++) await Promise.all(keepers.map(({ look }) => look()))
    expect(keepers.map(({ kept }) => kept.filter((id) => id === session).length).sort()).toEqual([0, 0, 3])
    for (const { resign } of keepers) await resign()
  })

  it('another one keeps them when the first says that it goes, or says nothing any more', async () => {
    const { session } = await rig.open(1)
    const [first, second, third] = [keeper('a'), keeper('b'), keeper('c')]
    const all = async () => {
      for (const { look } of [first, second, third]) await look()
      return [first, second, third].map(({ kept }) => kept.splice(0).includes(session))
    }
    expect(await all()).toEqual([true, false, false])
    await second.resign()
    expect(await all(), 'nobody resigns for another').toEqual([true, false, false])
    await first.resign()
    await second.look()
    expect(await all()).toEqual([false, true, false])
    await leaseRunsOut()
    await third.look()
    expect(await all()).toEqual([false, false, true])
    await third.resign()
  })
})

describe('the keeper', () => {
  it('renews the lease, without which the gate admits nobody', async () => {
    const offer = await rig.open(3)
    const { offer: key } = keysOf(offer)
    await rig.redis.hset(key, 'lease', Date.now() - 60_000)
    expect(await answer(offer)).toBe('paused')
    await leaseRunsOut()
    await keeper('renews').look()
    expect(await answer(offer)).toBe('admitted')
    expect(await offerRow(rig.sql, offer), 'it is the same gate').toMatchObject({ epoch: 1 })
  })

  it('keeps the others when one gate does not answer', async () => {
    const [mute, other] = [await rig.open(1), await rig.open(1)]
    const renewed: string[] = []
    const renew: DrainDeps['gate']['renew'] = async (offer, epoch) => {
      if (offer.sku === mute.sku) throw new Error('Redis is away')
      renewed.push(offer.sku)
      return await rig.deps.gate.renew(offer, epoch)
    }
    await leaseRunsOut()
    await keeper('patient', { renew }).look()
    expect(renewed).toContain(other.sku)
  })

  it('lets a rush be: what is left, queued and granted is the quota in all of its looks', async () => {
    const offer = await rig.open(40)
    await leaseRunsOut()
    const { look } = keeper('calm')
    for (let i = 0; i < 4; i++) {
      await Promise.all([rig.rush(offer, 10), look(), drain(offer), look()])
      await Promise.all([drain(offer), look()])
    }
    expect(await attentionOn(offer)).toEqual([])
    await rig.settles(offer, 0)
  })
})

describe('a difference between the gate and PostgreSQL', () => {
  it.each([
    ['too many', 2],
    ['too few', -1],
  ])(
    'that lasts, %s pieces for sale: the gate is paused, counted anew, and a human is told',
    async (_, wrong) => {
      const offer = await rig.open(5)
      await rig.rush(offer, 2)
      await drain(offer)
      await rig.redis.hincrby(keysOf(offer).offer, 'left', wrong)
      let meanwhile: string | undefined
      const load: DrainDeps['gate']['load'] = async (...args) => {
        meanwhile = await answer(offer)
        return await rig.deps.gate.load(...args)
      }
      await leaseRunsOut()
      await looks(keeper('counts', { load }), 8)
      expect(meanwhile).toBe('paused')
      expect(await attentionOn(offer)).toEqual([
        {
          reason: 'gate_recounted',
          details: {
            difference: String(-wrong),
            left: String(3 + wrong),
            queued: '0',
            granted: '2',
            quota: '5',
          },
        },
      ])
      expect(await offerRow(rig.sql, offer)).toMatchObject({ epoch: 2, granted: 2 })
      await rig.settles(offer, 3)
      expect(await answer(offer)).toBe('admitted')
      await drain(offer)
    },
  )

  it('that is gone after a few looks is none', async () => {
    const offer = await rig.open(5)
    await leaseRunsOut()
    const one = keeper('waits')
    for (const wrong of [1, -1, 1, -1]) {
      await rig.redis.hincrby(keysOf(offer).offer, 'left', wrong)
      await looks(one, 4)
    }
    expect([await attentionOn(offer), (await offerRow(rig.sql, offer)).epoch]).toEqual([[], 1])
  })

  it('that comes of a drain that died between staging and acknowledging is none: what it left is acknowledged', async () => {
    const offer = await rig.open(5)
    await rig.rush(offer, 3)
    await stage(rig.sql, offer, await rig.read(offer, 'dead'))
    await leaseRunsOut()
    await looks(keeper('understands'), 10)
    expect([await attentionOn(offer), (await offerRow(rig.sql, offer)).epoch]).toEqual([[], 1])
    await rig.settles(offer, 2)
  })

  it('that comes of pieces which the gate has not heard of yet is none', async () => {
    const offer = await rig.open(5)
    const ticket = await rig.admitted(offer)
    await drain(offer)
    await placeAtOnce(rig.sql, await flashOrder(rig.sql, ticket), 'run')
    await closeOrder(rig.sql, ticket, 'pay_timeout')
    await leaseRunsOut()
    await looks(keeper('knows'), 10)
    expect([await attentionOn(offer), (await offerRow(rig.sql, offer)).epoch]).toEqual([[], 1])
    await tellGate(rig.deps)
    await rig.settles(offer, 5)
  })

  it('does not open a gate that an operator has paused', async () => {
    const offer = await rig.open(5)
    await pauseSession(rig.sql, rig.deps.gate, offer.session, true)
    await rig.redis.hincrby(keysOf(offer).offer, 'left', 1)
    await leaseRunsOut()
    await looks(keeper('obeys'), 8)
    expect([await rig.deps.gate.left(offer), await answer(offer)]).toEqual([5, 'paused'])
    await pauseSession(rig.sql, rig.deps.gate, offer.session, false)
    expect(await answer(offer)).toBe('admitted')
    await drain(offer)
  })
})
