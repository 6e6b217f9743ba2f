import { Redis } from 'ioredis'
import { describe, expect, inject, it } from 'vitest'
import { keysOf } from '../../../redis/gate/keys.ts'
import { counted, newBuyer, newTicket, places, saleOf, useGate } from './harness.ts'

describe.each(places)('a look at a gate on %s', (place) => {
  const { open, redis } = useGate(place)

  it('is one call for 64 buyers of a moment, and says of each whether they hold a ticket', async () => {
    const there = await open({ left: 200 })
    const { sale, calls } = counted(redis(), there, 'gatePeek')
    const crowd = await Promise.all(
      Array.from({ length: 130 }, async (_, n) => (n % 3 === 0 ? (await there.admit()).buyer : newBuyer())),
    )
    const looks = await Promise.all(crowd.map((buyer) => sale.gate.peek(sale.offer, buyer)))
    expect(looks).toEqual(crowd.map((_, n) => ({ state: 'open', holds: n % 3 === 0 })))
    expect(calls()).toBe(3)
    expect(await sale.gate.peek(sale.offer, newBuyer())).toEqual({ state: 'open', holds: false })
    expect(calls()).toBe(4)
  })

  it('says what is left and how old the lease is; nothing where no gate is', async () => {
    const sale = await open({ left: 7 })
    const vitals = await sale.gate.vitals(sale.offer)
    expect(vitals?.left).toBe(7)
    expect(vitals?.leaseAgeMs).toBeGreaterThanOrEqual(0)
    expect(vitals?.leaseAgeMs).toBeLessThan(60_000)
    const { offer: key } = keysOf(sale.offer)
    await sale.redis.hincrby(key, 'lease', -3_600_000)
    expect((await sale.gate.vitals(sale.offer))?.leaseAgeMs).toBeGreaterThanOrEqual(3_600_000)
    await sale.gate.remove(sale.offer)
    expect(await sale.gate.vitals(sale.offer)).toBeUndefined()
  })

  it('says how long the oldest entry of its queue waits', async () => {
    const sale = await open()
    expect(await sale.queue.oldestMs(sale.offer)).toBe(0)
    const { queue } = keysOf(sale.offer)
    const anHourAgo = Date.now() - 3_600_000
    await sale.redis.xadd(queue, `${anHourAgo}-0`, 'ticket', '1:1:1:l:2:3:1')
    await sale.admit()
    expect(await sale.queue.oldestMs(sale.offer)).toBeGreaterThanOrEqual(3_600_000)
    expect(await sale.queue.oldestMs(sale.offer)).toBeLessThan(3_700_000)
  })

  it('finds a queue whose consumers’ group somebody removed, from its first entry on', async () => {
    const sale = await open()
    const won = await sale.admit()
    await sale.redis.xgroup('DESTROY', keysOf(sale.offer).queue, 'consumers')
    const entries = await sale.queue.read(sale.offer, 'consumer', 10)
    expect(entries.map(({ ticket }) => ticket)).toEqual([won.ticket])
  })

  it('is held: nobody is admitted until the next look', async () => {
    const sale = await open()
    await sale.gate.hold(sale.offer)
    expect(await sale.join(newBuyer())).toEqual({ answer: 'paused' })
    await sale.look({ force: true })
    expect(await sale.join(newBuyer())).toMatchObject({ answer: 'admitted' })
  })

  it('spends a challenge once', async () => {
    const sale = await open()
    expect(await sale.gate.spendChallenge(sale.offer, 'c', 60_000)).toBe(true)
    expect(await sale.gate.spendChallenge(sale.offer, 'c', 60_000)).toBe(false)
    expect(await sale.gate.spendChallenge(sale.offer, 'd', 60_000)).toBe(true)
  })

  it('is not loaded by a load that nobody wants any more, whether it learns that early or late', async () => {
    for (const looks of [0, 1, 2]) {
      const sale = await open({ left: 5 })
      const terms = { revision: 0, paused: false, shed: 0, opensAt: sale.opensAt, endsAt: sale.endsAt }
      let asked = 0
      const record = `${newTicket()}:1:1:l`
      const loaded = await sale.gate.load(sale.offer, {
        ...{ epoch: 2, left: 3, limit: 1, terms, changes: [] },
        buyers: [1, 2].map((lastSeq) => ({ records: { [newBuyer()]: record }, lastSeq })),
        wanted: () => asked++ < looks,
      })
      expect(loaded).toBe('dropped')
      expect(asked).toBe(looks + 1)
      expect(await sale.left()).toBe(5)
      expect(await sale.redis.exists(keysOf(sale.offer).loading(2))).toBe(0)
    }
  })
})

describe('a look that Redis does not answer', () => {
  it('fails for each buyer who is in it', async () => {
    const gone = new Redis(inject('redisUrl'), { maxRetriesPerRequest: 0, lazyConnect: true })
    gone.on('error', () => {})
    const sale = saleOf(gone, { session: 's1', sku: '1' } as never) // Nothing is there.
    gone.disconnect()
    const looks = await Promise.allSettled([1, 2].map(() => sale.gate.peek(sale.offer, newBuyer())))
    expect(looks.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })
})
