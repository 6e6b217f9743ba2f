import { Client } from '@temporalio/client'
import { NativeConnection } from '@temporalio/worker'
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import type { OfferKey, TicketId } from '../../../domain/flash-sale.ts'
import type { UserId } from '../../../domain/ids.ts'
import { drainOffer } from '../../../services/flash-sales/stage-tickets.ts'
import { tellGate } from '../../../services/flash-sales/sync-gate.ts'
import { placeAtOnce } from '../../../services/orders/place.ts'
import { startOrders } from '../../../workers/consumer/start-orders.ts'
import { expectBooksToAddUp, orderRow } from '../../support/books.ts'
import { ticketRow } from '../../support/flash-sale.ts'
import { doorTo } from '../../support/proxy.ts'
import { flashOrder } from '../../support/tickets.ts'
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

async function staged(buyers: number, quota = buyers): Promise<{ offer: OfferKey; tickets: TicketId[] }> {
  const offer = await rig.open(quota)
  const tickets = await rig.rush(offer, buyers)
  await drainOffer(rig.deps, offer, await rig.read(offer))
  return { offer, tickets }
}
type Start = Client['workflow']['start']
/** Temporal, between whom and the drain something happens to each start. */
const through = (happens: (start: Start, args: Parameters<Start>) => ReturnType<Start>): Client =>
  ({
    workflow: {
      start: (...args: Parameters<Start>) =>
        happens(rig.deps.client.workflow.start.bind(rig.deps.client.workflow), args),
    },
  }) as Client // All that starting uses.
const moment = async (what = rig.sql`now()`) =>
  Number((await rig.sql`SELECT extract(epoch FROM ${what}) * 1000 AS ms`)[0]?.ms)

describe('starting the orders of tickets', () => {
  it('starts each once, when two drains start at the same time', async () => {
    const { tickets } = await staged(30)
    const counts = await Promise.all([startOrders(rig.deps), startOrders(rig.deps)])
    expect(counts[0] + counts[1]).toBe(30)
    expect(await startOrders(rig.deps)).toBe(0)
    await rig.ordered(tickets)
  })

  it('never has more starts under way than it was told', async () => {
    const { tickets } = await staged(12)
    let [now, most] = [0, 0]
    const client = through(async (start, args) => {
      most = Math.max(most, ++now)
      const handle = await start(...args)
      now--
      return handle
    })
    while ((await startOrders({ ...rig.deps, client, startsInFlight: 2 })) > 0);
    expect(most).toBe(2)
    await rig.ordered(tickets)
  })

  it('starts again what never reached Temporal, soon, and then with growing pauses', async () => {
    const { offer, tickets } = await staged(1)
    const [ticket = '' as TicketId] = tickets
    const lost = through(() => Promise.reject(new Error('lost on the way')))
    for (const pause of [1000, 2000, 4000]) {
      const before = await moment()
      expect(await startOrders({ ...rig.deps, client: lost })).toBe(1)
      const due = await moment(rig.sql`(SELECT due_at FROM tickets WHERE id = ${ticket})`)
      expect(due).toBeGreaterThanOrEqual(before + pause)
      expect(due).toBeLessThanOrEqual((await moment()) + pause)
      await rig.timePasses(offer)
    }
    await startOrders(rig.deps)
    await rig.ordered(tickets)
  })

  it('starts once what reached Temporal, and nobody heard of it', async () => {
    const { offer, tickets } = await staged(3)
    const deaf = through(async (start, args) => {
      await start(...args)
      throw new Error('the answer was lost')
    })
    await startOrders({ ...rig.deps, client: deaf })
    await rig.timePasses(offer)
    await startOrders(rig.deps)
    await rig.ordered(tickets)
  })

  it('starts anew an order that somebody terminated before it was placed', async () => {
    const { offer, tickets } = await staged(1)
    const nobody = { ...rig.deps, ordersQueue: 'orders-nobody' }
    await startOrders(nobody)
    await rig.deps.client.workflow.getHandle(`order-${tickets[0]}`).terminate('by mistake')
    await rig.timePasses(offer)
    await startOrders(rig.deps)
    await expect
      .poll(() => ticketRow(rig.sql, tickets[0] ?? ('' as TicketId)), { timeout: 20_000 })
      .toMatchObject({ state: 'live' })
  })

  it('asks for a human when an order is not placed for five minutes, and goes on', async () => {
    const { offer, tickets } = await staged(1)
    await rig.sql`UPDATE tickets SET staged_at = now() - interval '6 minutes' WHERE session_id = ${offer.session}`
    await startOrders(rig.deps)
    expect([...(await rig.sql`SELECT reason FROM attention WHERE subject = ${tickets[0] ?? ''}`)]).toEqual([
      { reason: 'ticket_waiting' },
    ])
    await rig.ordered(tickets)
  })

  it('leaves alone a ticket whose order is placed', async () => {
    const { offer, tickets } = await staged(1)
    const [ticket = '' as TicketId] = tickets
    await placeAtOnce(rig.sql, await flashOrder(rig.sql, ticket), 'run')
    await rig.timePasses(offer)
    expect(await startOrders(rig.deps)).toBe(0)
  })

  it('of a buyer who is gone ends with the ticket given back, and why', async () => {
    const offer = await rig.open(1)
    const buyer = { ...(await rig.shop.buyer()), id: rig.shop.ids.next() as UserId } // Nobody's.
    const ticket = await rig.admitted(offer, { buyer })
    await drainOffer(rig.deps, offer, await rig.read(offer))
    await startOrders(rig.deps)
    await expect
      .poll(() => ticketRow(rig.sql, ticket), { timeout: 20_000 })
      .toMatchObject({ state: 'given_back', reason: 'buyer_blocked' })
    expect(await orderRow(rig.sql, ticket)).toMatchObject({
      status: 'rejected',
      refusal: { code: 'buyer_blocked' },
    })
    await tellGate(rig.deps)
    await rig.settles(offer, 1)
  })
})

it('while Temporal is away tickets wait, and once it is back each becomes one order', {
  timeout: 120_000,
}, async () => {
  const offer = await rig.open(30)
  const door = await doorTo(Number(inject('temporalAddress').split(':').at(-1)))
  const connection = await NativeConnection.connect({ address: `127.0.0.1:${door.port}` })
  const drain = rig.startDrain({ client: new Client({ connection }) })
  onTestFinished(async () => {
    await drain.stop()
    await connection.close()
    await door.close()
  })
  const before = await rig.rush(offer, 10)
  await rig.ordered(before)
  door.shut()
  const during = await rig.rush(offer, 10)
  const tried = async () =>
    (
      await rig.sql`SELECT 1 FROM tickets WHERE session_id = ${offer.session} AND state = 'waiting' AND tried > 1`
    ).count
  await expect.poll(tried, { timeout: 60_000 }).toBe(10)
  const waiting = await rig.rush(offer, 10)
  door.open()
  await rig.ordered([...before, ...during, ...waiting])
  await rig.settles(offer, 0)
})
