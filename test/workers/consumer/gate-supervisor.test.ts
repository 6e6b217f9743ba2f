import { describe, expect, it } from 'vitest'
import type { OfferKey, TicketId } from '../../../domain/flash-sale.ts'
import { keysOf } from '../../../redis/gate/keys.ts'
import { pauseSession } from '../../../services/flash-sales/session-phase.ts'
import { stage, stageEntries } from '../../../services/flash-sales/stage-tickets.ts'
import { createGateSupervisor } from '../../../services/flash-sales/supervise-gate.ts'
import { syncGate } from '../../../services/flash-sales/sync-gate.ts'
import { closeOrder } from '../../../services/orders/close.ts'
import { placeInOneTransaction } from '../../../services/orders/place.ts'
import type { ConsumerDeps } from '../../../workers/consumer/deps.ts'
import { join, offerRow } from '../../support/flash-sale.ts'
import { gate as door } from '../../support/gates.ts'
import { flashOrder } from '../../support/tickets.ts'
import { audited } from '../../support/use-shop.ts'
import { consumerHarness } from './harness.ts'

const harness = await audited(consumerHarness())

/** A supervisor that remembers which gates it has looked after. */
function supervisor(name: string, but: Partial<ConsumerDeps['gate']> = {}) {
  const kept: string[] = []
  const renew: ConsumerDeps['gate']['renew'] = async (offer, ...more) => {
    kept.push(offer.session)
    return await harness.deps.gate.renew(offer, ...more)
  }
  const gate = { ...harness.deps.gate, renew, ...but }
  const { look, idle, resign } = createGateSupervisor({ ...harness.deps, gate }, name)
  return {
    /** One round, and all that it begins. */
    async look() {
      await look()
      await idle()
    },
    begin: look,
    resign,
    kept,
  }
}
async function looks({ look }: { look(): Promise<void> }, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await look()
}
const leaseRunsOut = () => harness.sql`UPDATE leases SET leased_until = now()`
const answer = async (offer: OfferKey) =>
  (
    await join(harness.deps.gate, offer, {
      buyer: await harness.shop.buyer(),
      ticket: harness.shop.ids.next() as TicketId,
    })
  ).answer
const consumer = async (offer: OfferKey) => stageEntries(harness.deps, offer, await harness.read(offer))
const attentionOn = async ({ session, sku }: OfferKey) => [
  ...(await harness.sql`SELECT reason, details FROM attention WHERE subject = ${`${session} ${sku}`}`),
]

describe('of several supervisors', () => {
  it('one keeps the gates, and goes on keeping them', async () => {
    const { session } = await harness.open(1)
    const supervisors = [supervisor('a'), supervisor('b'), supervisor('c')]
    for (let i = 0; i < 3; i++) await Promise.all(supervisors.map(({ look }) => look()))
    expect(supervisors.map(({ kept }) => kept.filter((id) => id === session).length).sort()).toEqual([
      0, 0, 3,
    ])
    for (const { resign } of supervisors) await resign()
  })

  it('another one keeps them when the first says that it goes, or says nothing any more', async () => {
    const { session } = await harness.open(1)
    const [first, second, third] = [supervisor('a'), supervisor('b'), supervisor('c')]
    const all = async () => {
      for (const { look } of [first, second, third]) await look()
      return [first, second, third].map(({ kept }) => kept.splice(0).includes(session))
    }
    expect(await all()).toEqual([true, false, false])
    await supervisor('d').resign()
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

describe('the supervisor', () => {
  it('renews the lease, without which the gate admits nobody', async () => {
    const offer = await harness.open(3)
    const { offer: key } = keysOf(offer)
    await harness.redis.hset(key, 'lease', Date.now() - 60_000)
    expect(await answer(offer)).toBe('paused')
    await leaseRunsOut()
    await supervisor('renews').look()
    expect(await answer(offer)).toBe('admitted')
    expect(await offerRow(harness.sql, offer), 'it is the same gate').toMatchObject({ epoch: 1 })
  })

  it('looks at every other gate in each round while one does not answer for several', async () => {
    const [slow, other] = [await harness.open(1), await harness.open(1)]
    const [answers, renewed] = [door(), [] as string[]]
    const renew: ConsumerDeps['gate']['renew'] = async (offer, ...more) => {
      renewed.push(offer.sku)
      if (offer.sku === slow.sku) await answers.opened
      return await harness.deps.gate.renew(offer, ...more)
    }
    await leaseRunsOut()
    const patient = supervisor('patient', { renew })
    for (let round = 1; round <= 3; round++) {
      await patient.begin()
      await expect.poll(() => renewed.filter((sku) => sku === other.sku)).toHaveLength(round)
    }
    expect(renewed.filter((sku) => sku === slow.sku)).toHaveLength(1)
    answers.open()
    await patient.resign()
  })

  it('keeps a lease for as long as a load takes: nobody else mints an epoch meanwhile', async () => {
    const offer = await harness.open(5)
    await harness.rush(offer, 2)
    await consumer(offer)
    await harness.redis.flushall()
    const [loading, go] = [door(), door()]
    const load: ConsumerDeps['gate']['load'] = async (...args) => {
      loading.open()
      await go.opened
      return await harness.deps.gate.load(...args)
    }
    await leaseRunsOut()
    const [first, second] = [supervisor('loads', { load }), supervisor('waits')]
    await first.begin()
    await loading.opened
    const leasedUntil = async () =>
      (
        await harness.sql<{ until: Date }[]>`
          SELECT leased_until AS until FROM leases WHERE name = ${`gate ${offer.session} ${offer.sku}`}`
      )[0]?.until.getTime() ?? 0
    const before = await leasedUntil()
    await first.begin()
    expect(await leasedUntil(), 'renewed beside the load').toBeGreaterThan(before)
    await second.look()
    expect(second.kept).not.toContain(offer.session)
    go.open()
    await first.look()
    expect(await offerRow(harness.sql, offer)).toMatchObject({ epoch: 2 })
    await harness.settles(offer, 3)
    for (const { resign } of [first, second]) await resign()
  })

  it('lets a rush be: what is left, queued and granted is the quota in all of its looks', async () => {
    const offer = await harness.open(40)
    await leaseRunsOut()
    const { look } = supervisor('calm')
    for (let i = 0; i < 4; i++) {
      await Promise.all([harness.rush(offer, 10), look(), consumer(offer), look()])
      await Promise.all([consumer(offer), look()])
    }
    expect(await attentionOn(offer)).toEqual([])
    await harness.settles(offer, 0)
  })
})

describe('a difference between the gate and PostgreSQL', () => {
  it.each([
    ['too many', 2],
    ['too few', -1],
  ])(
    'that lasts, %s pieces for sale: the gate is paused, counted anew, and a human is notified',
    async (_, wrong) => {
      const offer = await harness.open(5)
      await harness.rush(offer, 2)
      await consumer(offer)
      await harness.redis.hincrby(keysOf(offer).offer, 'left', wrong)
      let meanwhile: string | undefined
      const load: ConsumerDeps['gate']['load'] = async (...args) => {
        meanwhile = await answer(offer)
        return await harness.deps.gate.load(...args)
      }
      await leaseRunsOut()
      await looks(supervisor('counts', { load }), 8)
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
      expect(await offerRow(harness.sql, offer)).toMatchObject({ epoch: 2, granted: 2 })
      await harness.settles(offer, 3)
      expect(await answer(offer)).toBe('admitted')
      await consumer(offer)
    },
  )

  it('that is gone after a few looks is none', async () => {
    const offer = await harness.open(5)
    await leaseRunsOut()
    const one = supervisor('waits')
    for (const wrong of [1, -1, 1, -1]) {
      await harness.redis.hincrby(keysOf(offer).offer, 'left', wrong)
      await looks(one, 4)
    }
    expect([await attentionOn(offer), (await offerRow(harness.sql, offer)).epoch]).toEqual([[], 1])
  })

  it('that comes of a consumer that died between staging and acknowledging is none: what it left is acknowledged', async () => {
    const offer = await harness.open(5)
    await harness.rush(offer, 3)
    await stage(harness.sql, offer, await harness.read(offer, 'dead'))
    await leaseRunsOut()
    await looks(supervisor('understands'), 10)
    expect([await attentionOn(offer), (await offerRow(harness.sql, offer)).epoch]).toEqual([[], 1])
    await harness.settles(offer, 2)
  })

  it('that comes of pieces which the gate has not been synced with yet is none', async () => {
    const offer = await harness.open(5)
    const ticket = await harness.admitted(offer)
    await consumer(offer)
    await placeInOneTransaction(harness.sql, await flashOrder(harness.sql, ticket), 'run')
    await closeOrder(harness.sql, ticket, 'pay_timeout')
    await leaseRunsOut()
    await looks(supervisor('knows'), 10)
    expect([await attentionOn(offer), (await offerRow(harness.sql, offer)).epoch]).toEqual([[], 1])
    await syncGate(harness.deps)
    await harness.settles(offer, 5)
  })

  it('does not open a gate that an operator has paused', async () => {
    const offer = await harness.open(5)
    await pauseSession(harness.deps, offer.session, true)
    await harness.redis.hincrby(keysOf(offer).offer, 'left', 1)
    await leaseRunsOut()
    await looks(supervisor('obeys'), 8)
    expect([await harness.deps.gate.left(offer), await answer(offer)]).toEqual([5, 'paused'])
    await pauseSession(harness.deps, offer.session, false)
    expect(await answer(offer)).toBe('admitted')
    await consumer(offer)
  })
})
