import { describe, expect, it, onTestFinished } from 'vitest'
import { stage, stageEntries } from '../../../services/flash-sales/stage-tickets.ts'
import { offerRow } from '../../support/flash-sale.ts'
import { gate } from '../../support/gates.ts'
import { audited } from '../../support/use-shop.ts'
import { type ConsumerHarness, consumerHarness } from './harness.ts'

const harness = await audited(consumerHarness())
await harness.startWorker()

/** Consumers that run until the test is over. */
function consumers(count: number, but: Parameters<ConsumerHarness['startConsumer']>[0] = {}): void {
  const running = Array.from({ length: count }, () => harness.startConsumer(but))
  onTestFinished(async () => {
    for (const consumer of running) await consumer.stop()
  })
}

describe('consumers', () => {
  it('make one order of each ticket of a rush, however many consumers there are', async () => {
    const offer = await harness.open(50)
    consumers(3)
    const tickets = await harness.rush(offer, 50)
    await harness.ordered(tickets)
    await harness.settles(offer, 0)
    expect(await offerRow(harness.sql, offer)).toMatchObject({ granted: 50, sold: 50, soldOut: true })
  })

  it('serve every offer at once, and one whose queue is damaged holds up no other', async () => {
    const [broken, whole] = [await harness.open(2), await harness.open(2)]
    const lost = await harness.rush(broken, 2)
    const tickets = await harness.rush(whole, 2)
    consumers(1, {
      queue: {
        ...harness.deps.queue,
        read: async (offer, ...more) => {
          if (offer.sku === broken.sku) throw new Error('WRONGTYPE')
          return harness.deps.queue.read(offer, ...more)
        },
      },
    })
    await harness.ordered(tickets)
    consumers(1)
    await harness.ordered(lost)
  })

  it('take over what a dead one has read and not staged', async () => {
    const offer = await harness.open(5)
    const tickets = await harness.rush(offer, 5)
    await harness.read(offer, 'dead')
    consumers(2)
    await harness.timePasses(offer)
    await harness.ordered(tickets)
    await harness.settles(offer, 0)
  })

  it('count nothing twice when a dead one has staged and not acknowledged', async () => {
    const offer = await harness.open(5)
    const tickets = await harness.rush(offer, 3)
    await stage(harness.sql, offer, await harness.read(offer, 'dead'))
    consumers(2)
    await harness.ordered(tickets)
    expect(await harness.deps.queue.length(offer), 'the orders need no acknowledgement').toBe(3)
    await harness.timePasses(offer)
    await harness.settles(offer, 2)
    expect(await harness.deps.queue.length(offer)).toBe(0)
  })

  it('count nothing twice when one that was taken for dead wakes up', async () => {
    const offer = await harness.open(5)
    const tickets = await harness.rush(offer, 3)
    const entries = await harness.read(offer, 'asleep')
    consumers(1)
    await harness.timePasses(offer)
    await harness.ordered(tickets)
    await stageEntries(harness.deps, offer, entries)
    await harness.settles(offer, 2)
  })

  it('finish what they have begun before they stop', async () => {
    const offer = await harness.open(3)
    const tickets = await harness.rush(offer, 3)
    const [staged, go] = [gate(), gate()]
    const consumer = harness.startConsumer({
      queue: {
        ...harness.deps.queue,
        async acknowledge(...args) {
          staged.open()
          await go.opened
          return harness.deps.queue.acknowledge(...args)
        },
      },
    })
    await staged.opened
    const stopping = consumer.stop()
    go.open()
    await stopping
    expect(await harness.deps.queue.length(offer)).toBe(0)
    consumers(1)
    await harness.ordered(tickets)
  })
})
