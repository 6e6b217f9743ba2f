import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { TicketId } from '../../domain/flash-sale.ts'
import { ordered, settles } from '../support/consuming.ts'
import { offerRow } from '../support/flash-sale.ts'
import { expectSold, openRedisSystem, type RedisTestSystem, range } from './redis-system.ts'

let system: RedisTestSystem
beforeAll(async () => {
  system = await openRedisSystem()
})
afterAll(() => system.close())

function startConsumer(): { stop(): Promise<void> } {
  const consumer = system.startConsumer()
  onTestFinished(() => consumer.stop())
  return consumer
}
describe('when the gate’s Redis', { timeout: 180_000 }, () => {
  it('restarts from a file older than its last grants: nobody is in twice, nothing is sold twice, and what it forgot is asked for again', async () => {
    const { offer, end } = await system.open(30)
    const shelf = await system.shelf(offer)
    const asked = await Promise.all(range(0, 10).map((n) => system.ask(offer, n)))
    system.backUp('older') // Ten in its queue, which PostgreSQL is about to get.
    const consumer = startConsumer()
    expect(await system.rush(offer, range(0, 20))).toBe(20)
    await consumer.stop()
    const forgotten = await Promise.all(range(20, 25).map((n) => system.ask(offer, n)))
    expect([...asked, ...forgotten].map(({ answer }) => answer)).toEqual(range(0, 15).map(() => 'admitted'))
    await system.restartFrom('older')

    expect((await system.ask(offer, 30)).answer).toBeOneOf(['paused', 'no answer'])
    startConsumer()
    expect(await system.rush(offer, range(0, 40)), 'thirty of forty').toBe(30)
    expect(await system.rush(offer, range(0, 20)), 'who was in stays in').toBe(20)
    await ordered(system.deps, await system.counting(offer))
    await settles(system.deps, offer, 0)
    expect(await end()).toEqual({ sold: 30 })
    await expectSold(system, offer, 30)
    expect(await system.shelf(offer)).toBe(shelf)
  })

  it('restarts from its own file in the rush: everything that it granted becomes an order', async () => {
    const { offer, end } = await system.open(20)
    const asked = await Promise.all(range(0, 10).map((n) => system.ask(offer, n)))
    startConsumer()
    await system.restartFrom()
    expect(await system.rush(offer, range(0, 30))).toBe(20)
    const tickets = await system.counting(offer)
    expect(tickets).toEqual(expect.arrayContaining(asked.map(({ ticket }) => ticket)))
    await ordered(system.deps, tickets)
    expect(await end()).toEqual({ sold: 20 })
    await expectSold(system, offer, 20)
  })

  it('is flushed while its session ends: what it lost was never counted, and all pieces are on the shelf again', async () => {
    const { offer, end } = await system.open(10)
    const shelf = await system.shelf(offer)
    await Promise.all(range(0, 5).map((n) => system.ask(offer, n)))
    const ending = end()
    await system.node().redis.flushall()
    startConsumer()
    expect(await ending).toEqual({ sold: 0 })
    await expectSold(system, offer, 0)
    expect(await system.shelf(offer)).toBe(shelf + 10)
  })

  it('is flushed after the session has ended: pieces that come back go to the shelf, and who has paid has bought', async () => {
    const { offer, end } = await system.open(5)
    const shelf = await system.shelf(offer)
    startConsumer()
    expect(await system.rush(offer, [7])).toBe(1)
    const [paid = '' as TicketId] = await system.counting(offer)
    expect(await system.rush(offer, range(0, 2))).toBe(2)
    const [, ...others] = await system.counting(offer)
    await ordered(system.deps, [paid, ...others])
    expect(await end()).toEqual({ sold: 3 })
    expect(await system.shelf(offer)).toBe(shelf + 2)
    await system.node().redis.flushall()

    const { body } = await system.pay(await system.shopper(7), paid)
    await system.sandbox.pay(String(body.number))
    await system.reaches(paid, 'to_ship')
    await system.giveUp(others)
    await expectSold(system, offer, 1)
    expect(await offerRow(system.deps.sql, offer)).toMatchObject({ quota: 1, ended: true })
    expect(await system.shelf(offer)).toBe(shelf + 4)
    const pending = async () =>
      (await system.deps.sql`SELECT 1 FROM tickets WHERE session_id = ${offer.session} AND sync IS NOT NULL`)
        .count
    await expect.poll(pending, { timeout: 20_000 }).toBe(0)
  })
})

it('and the books add up after all that', () => system.addsUp())
