import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { TicketId } from '../../domain/flash-sale.ts'
import { ordered, settles } from '../support/consuming.ts'
import { offerRow } from '../support/flash-sale.ts'
import { expectSold, openRedisHouse, type RedisHouse, range } from './redis-system.ts'

let house: RedisHouse
beforeAll(async () => {
  house = await openRedisHouse()
})
afterAll(() => house.close())

function startDrain(): { stop(): Promise<void> } {
  const drain = house.startDrain()
  onTestFinished(() => drain.stop())
  return drain
}
describe('when the gate’s Redis', { timeout: 180_000 }, () => {
  it('restarts from a file older than its last grants: nobody is in twice, nothing is sold twice, and what it forgot is asked for again', async () => {
    const { offer, end } = await house.open(30)
    const shelf = await house.shelf(offer)
    const asked = await Promise.all(range(0, 10).map((n) => house.ask(offer, n)))
    house.backUp('older') // Ten in its queue, which PostgreSQL is about to get.
    const drain = startDrain()
    expect(await house.rush(offer, range(0, 20))).toBe(20)
    await drain.stop()
    const forgotten = await Promise.all(range(20, 25).map((n) => house.ask(offer, n)))
    expect([...asked, ...forgotten].map(({ answer }) => answer)).toEqual(range(0, 15).map(() => 'admitted'))
    await house.restartFrom('older')

    expect((await house.ask(offer, 30)).answer).toBeOneOf(['paused', 'no answer'])
    startDrain()
    expect(await house.rush(offer, range(0, 40)), 'thirty of forty').toBe(30)
    expect(await house.rush(offer, range(0, 20)), 'who was in stays in').toBe(20)
    await ordered(house.deps, await house.counting(offer))
    await settles(house.deps, offer, 0)
    expect(await end()).toEqual({ sold: 30 })
    await expectSold(house, offer, 30)
    expect(await house.shelf(offer)).toBe(shelf)
  })

  it('restarts from its own file in the rush: everything that it granted becomes an order', async () => {
    const { offer, end } = await house.open(20)
    const asked = await Promise.all(range(0, 10).map((n) => house.ask(offer, n)))
    startDrain()
    await house.restartFrom()
    expect(await house.rush(offer, range(0, 30))).toBe(20)
    const tickets = await house.counting(offer)
    expect(tickets).toEqual(expect.arrayContaining(asked.map(({ ticket }) => ticket)))
    await ordered(house.deps, tickets)
    expect(await end()).toEqual({ sold: 20 })
    await expectSold(house, offer, 20)
  })

  it('is flushed while its session ends: what it lost was never counted, and all pieces are on the shelf again', async () => {
    const { offer, end } = await house.open(10)
    const shelf = await house.shelf(offer)
    await Promise.all(range(0, 5).map((n) => house.ask(offer, n)))
    const ending = end()
    await house.node().redis.flushall()
    startDrain()
    expect(await ending).toEqual({ sold: 0 })
    await expectSold(house, offer, 0)
    expect(await house.shelf(offer)).toBe(shelf + 10)
  })

  it('is flushed after the session has ended: pieces that come back go to the shelf, and who has paid has bought', async () => {
    const { offer, end } = await house.open(5)
    const shelf = await house.shelf(offer)
    startDrain()
    expect(await house.rush(offer, [7])).toBe(1)
    const [paid = '' as TicketId] = await house.counting(offer)
    expect(await house.rush(offer, range(0, 2))).toBe(2)
    const [, ...others] = await house.counting(offer)
    await ordered(house.deps, [paid, ...others])
    expect(await end()).toEqual({ sold: 3 })
    expect(await house.shelf(offer)).toBe(shelf + 2)
    await house.node().redis.flushall()

    const { body } = await house.pay(await house.shopper(7), paid)
    await house.sandbox.pay(String(body.number))
    await house.reaches(paid, 'to_ship')
    await house.giveUp(others)
    await expectSold(house, offer, 1)
    expect(await offerRow(house.deps.db.sql, offer)).toMatchObject({ quota: 1, ended: true })
    expect(await house.shelf(offer)).toBe(shelf + 4)
    const untold = async () =>
      (
        await house.deps.db
          .sql`SELECT 1 FROM tickets WHERE session_id = ${offer.session} AND tell IS NOT NULL`
      ).count
    await expect.poll(untold, { timeout: 20_000 }).toBe(0)
  })
})

it('and the books add up after all that', () => house.addsUp())
