import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { drainOffer, stage } from '../../../services/flash-sales/stage-tickets.ts'
import { expectBooksToAddUp } from '../../support/books.ts'
import { offerRow } from '../../support/flash-sale.ts'
import { gate } from '../../support/gates.ts'
import { type DrainRig, drainRig } from './harness.ts'

let rig: DrainRig
beforeAll(async () => {
  rig = await drainRig()
  await rig.startWorker()
})
afterAll(async () => {
  await expectBooksToAddUp(rig.sql)
  await rig.close()
})

/** Drains that run until the test is over. */
function drains(count: number, but: Parameters<DrainRig['startDrain']>[0] = {}): void {
  const running = Array.from({ length: count }, () => rig.startDrain(but))
  onTestFinished(async () => {
    for (const drain of running) await drain.stop()
  })
}

describe('drains', () => {
  it('make one order of each ticket of a rush, however many drains there are', async () => {
    const offer = await rig.open(50)
    drains(3)
    const tickets = await rig.rush(offer, 50)
    await rig.ordered(tickets)
    await rig.settles(offer, 0)
    expect(await offerRow(rig.sql, offer)).toMatchObject({ granted: 50, sold: 50, soldOut: true })
  })

  it('serve every offer at once, and one whose queue is damaged holds up no other', async () => {
    const [broken, whole] = [await rig.open(2), await rig.open(2)]
    const lost = await rig.rush(broken, 2)
    const tickets = await rig.rush(whole, 2)
    drains(1, {
      queue: {
        ...rig.deps.queue,
        read: async (offer, ...more) => {
          if (offer.sku === broken.sku) throw new Error('WRONGTYPE')
          return rig.deps.queue.read(offer, ...more)
        },
      },
    })
    await rig.ordered(tickets)
    drains(1)
    await rig.ordered(lost)
  })

  it('take over what a dead one has read and not staged', async () => {
    const offer = await rig.open(5)
    const tickets = await rig.rush(offer, 5)
    await rig.read(offer, 'dead')
    drains(2)
    await rig.timePasses(offer)
    await rig.ordered(tickets)
    await rig.settles(offer, 0)
  })

  it('count nothing twice when a dead one has staged and not acknowledged', async () => {
    const offer = await rig.open(5)
    const tickets = await rig.rush(offer, 3)
    await stage(rig.sql, offer, await rig.read(offer, 'dead'))
    drains(2)
    await rig.ordered(tickets)
    expect(await rig.deps.queue.length(offer), 'the orders need no acknowledgement').toBe(3)
    await rig.timePasses(offer)
    await rig.settles(offer, 2)
    expect(await rig.deps.queue.length(offer)).toBe(0)
  })

  it('count nothing twice when one that was taken for dead wakes up', async () => {
    const offer = await rig.open(5)
    const tickets = await rig.rush(offer, 3)
    const entries = await rig.read(offer, 'asleep')
    drains(1)
    await rig.timePasses(offer)
    await rig.ordered(tickets)
    await drainOffer(rig.deps, offer, entries)
    await rig.settles(offer, 2)
  })

  it('finish what is in their hands before they stop', async () => {
    const offer = await rig.open(3)
    const tickets = await rig.rush(offer, 3)
    const [staged, go] = [gate(), gate()]
    const drain = rig.startDrain({
      queue: {
        ...rig.deps.queue,
        async acknowledge(...args) {
          staged.open()
          await go.opened
          return rig.deps.queue.acknowledge(...args)
        },
      },
    })
    await staged.opened
    const stopping = drain.stop()
    go.open()
    await stopping
    expect(await rig.deps.queue.length(offer)).toBe(0)
    drains(1)
    await rig.ordered(tickets)
  })
})
