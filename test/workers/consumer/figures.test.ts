import { afterAll, beforeAll, expect, it } from 'vitest'
import type { OfferKey } from '../../../domain/flash-sale.ts'
import { keysOf } from '../../../redis/gate/keys.ts'
import { sampleOffers } from '../../../workers/consumer/figures.ts'
import { figure } from '../../support/figures.ts'
import { type ConsumerHarness, consumerHarness } from './harness.ts'

let harness: ConsumerHarness
beforeAll(async () => {
  harness = await consumerHarness()
  sampleOffers(harness.deps, 0)
})
afterAll(() => harness.close())

it('the figures of the consumer show each offer on sale: pieces, queue and its age, lease and its age, epoch', async () => {
  const offer = await harness.open(5)
  const of = (name: string, { session, sku }: OfferKey = offer) =>
    figure(`flash_sale_${name}{session="${session}",sku="${sku}"}`)
  expect([await of('left'), await of('granted'), await of('epoch')]).toEqual([5, 0, 1])
  expect([await of('queue_depth'), await of('queue_age_seconds')]).toEqual([0, 0])

  await harness.rush(offer, 2)
  expect([await of('left'), await of('queue_depth')]).toEqual([3, 2])
  await expect.poll(() => of('queue_age_seconds')).toBeGreaterThan(0.05)

  await harness.deps.gate.renew(offer, 1)
  expect(await of('lease_age_seconds')).toBeLessThan(5)
  const { offer: key } = keysOf(offer)
  const lease = Number(await harness.redis.hget(key, 'lease'))
  await harness.redis.hset(key, 'lease', lease - 60_000)
  expect(await of('lease_age_seconds')).toBeGreaterThanOrEqual(60)

  const consumer = harness.startConsumer()
  await harness.settles(offer, 3)
  await consumer.stop()
  expect([await of('granted'), await of('queue_depth'), await of('queue_age_seconds')]).toEqual([2, 0, 0])

  await harness.deps.gate.remove(offer)
  expect([await of('left'), await of('lease_age_seconds')]).toEqual([-1, -1])
  await harness.sql`UPDATE offers SET ended = true WHERE session_id = ${offer.session}`
  expect(await of('left')).toBeUndefined()
})
