import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { keysOf } from '../../redis/gate/keys.ts'
import { settles } from '../support/consuming.ts'
import { expectSold, openRedisSystem, type RedisTestSystem, range } from './redis-system.ts'

let system: RedisTestSystem
beforeAll(async () => {
  system = await openRedisSystem()
})
afterAll(() => system.close())

function startConsumers(count: number): void {
  const consumers = range(0, count).map(() => system.startConsumer())
  onTestFinished(async () => {
    for (const consumer of consumers) await consumer.stop()
  })
}

describe('when the gate’s Redis', { timeout: 180_000 }, () => {
  it('is frozen in the rush, until its lease has run out: it goes on where it stood, and everybody is in once', async () => {
    const { offer, end } = await system.open(25)
    startConsumers(2)
    const { redis } = system.node()
    const pid = Number(/^process_id:(\d+)/m.exec(await redis.info('server'))?.[1])
    const rushing = system.rush(offer, range(0, 40))
    await expect.poll(() => system.deps.gate.left(offer), { timeout: 20_000 }).toBeLessThan(25)
    const lease = Number(await redis.hget(keysOf(offer).offer, 'lease'))
    process.kill(pid, 'SIGSTOP')
    await expect.poll(() => Date.now(), { timeout: 20_000 }).toBeGreaterThan(lease)
    process.kill(pid, 'SIGCONT')
    expect(await rushing).toBe(25)
    await settles(system.deps, offer, 0)
    expect(await end()).toEqual({ sold: 25 })
    await expectSold(system, offer, 25)
  })

  it('cannot be reached while orders are given up: their pieces are for sale again once it can', async () => {
    const { offer, end } = await system.open(10)
    const shelf = await system.shelf(offer)
    startConsumers(1)
    expect(await system.rush(offer, range(0, 8))).toBe(8)
    const tickets = await system.counting(offer)
    system.door.shut()
    await system.giveUp(tickets)
    expect(await system.ask(offer, 20)).toEqual({ answer: 'no answer' })
    system.door.open()
    await settles(system.deps, offer, 10)
    expect(await system.rush(offer, range(0, 12)), 'ten of twelve').toBe(10)
    expect(await end()).toEqual({ sold: 10 })
    await expectSold(system, offer, 10)
    expect(await system.shelf(offer)).toBe(shelf)
  })

  it('cannot be reached when its session ends: the session ends once it can', async () => {
    const { offer, end } = await system.open(5)
    const shelf = await system.shelf(offer)
    startConsumers(1)
    expect(await system.rush(offer, range(0, 2))).toBe(2)
    system.door.shut()
    const ending = end()
    expect(await system.ask(offer, 6)).toEqual({ answer: 'no answer' })
    system.door.open()
    expect(await ending).toEqual({ sold: 2 })
    await expectSold(system, offer, 2)
    expect(await system.shelf(offer)).toBe(shelf + 3)
  })
})

it('and the books add up after all that', () => system.addsUp())
