import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { keysOf } from '../../redis/gate/keys.ts'
import { settles } from '../support/consuming.ts'
import { expectSold, openRedisHouse, type RedisHouse, range } from './redis-system.ts'

let house: RedisHouse
beforeAll(async () => {
  house = await openRedisHouse()
})
afterAll(() => house.close())

function startDrains(count: number): void {
  const drains = range(0, count).map(() => house.startDrain())
  onTestFinished(async () => {
    for (const drain of drains) await drain.stop()
  })
}

describe('when the gate’s Redis', { timeout: 180_000 }, () => {
  it('is frozen in the rush, until its lease has run out: it goes on where it stood, and everybody is in once', async () => {
    const { offer, end } = await house.open(25)
    startDrains(2)
    const { redis } = house.node()
    const pid = Number(/^process_id:(\d+)/m.exec(await redis.info('server'))?.[1])
    const rushing = house.rush(offer, range(0, 40))
    await expect.poll(() => house.deps.gate.left(offer), { timeout: 20_000 }).toBeLessThan(25)
    const lease = Number(await redis.hget(keysOf(offer).offer, 'lease'))
    process.kill(pid, 'SIGSTOP')
    await expect.poll(() => Date.now(), { timeout: 20_000 }).toBeGreaterThan(lease)
    process.kill(pid, 'SIGCONT')
    expect(await rushing).toBe(25)
    await settles(house.deps, offer, 0)
    expect(await end()).toEqual({ sold: 25 })
    await expectSold(house, offer, 25)
  })

  it('cannot be reached while orders are given up: their pieces are for sale again once it can', async () => {
    const { offer, end } = await house.open(10)
    const shelf = await house.shelf(offer)
    startDrains(1)
    expect(await house.rush(offer, range(0, 8))).toBe(8)
    const tickets = await house.counting(offer)
    house.door.shut()
    await house.giveUp(tickets)
    expect(await house.ask(offer, 20)).toEqual({ answer: 'no answer' })
    house.door.open()
    await settles(house.deps, offer, 10)
    expect(await house.rush(offer, range(0, 12)), 'ten of twelve').toBe(10)
    expect(await end()).toEqual({ sold: 10 })
    await expectSold(house, offer, 10)
    expect(await house.shelf(offer)).toBe(shelf)
  })

  it('cannot be reached when its session ends: the session ends once it can', async () => {
    const { offer, end } = await house.open(5)
    const shelf = await house.shelf(offer)
    startDrains(1)
    expect(await house.rush(offer, range(0, 2))).toBe(2)
    house.door.shut()
    const ending = end()
    expect(await house.ask(offer, 6)).toEqual({ answer: 'no answer' })
    house.door.open()
    expect(await ending).toEqual({ sold: 2 })
    await expectSold(house, offer, 2)
    expect(await house.shelf(offer)).toBe(shelf + 3)
  })
})

it('and the books add up after all that', () => house.addsUp())
