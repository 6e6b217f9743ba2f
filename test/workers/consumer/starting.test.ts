import { Client } from '@temporalio/client'
import { NativeConnection } from '@temporalio/worker'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import type { OfferKey, TicketId } from '../../../domain/flash-sale.ts'
import type { UserId } from '../../../domain/ids.ts'
import { reportLateTickets } from '../../../services/flash-sales/late-tickets.ts'
import { stageEntries } from '../../../services/flash-sales/stage-tickets.ts'
import { syncGate } from '../../../services/flash-sales/sync-gate.ts'
import { placeInOneTransaction } from '../../../services/orders/place.ts'
import { startOrders } from '../../../workers/consumer/start-orders.ts'
import { orderRow } from '../../support/books.ts'
import { ticketRow } from '../../support/flash-sale.ts'
import { doorTo } from '../../support/proxy.ts'
import { flashOrder } from '../../support/tickets.ts'
import { audited } from '../../support/use-shop.ts'
import { consumerHarness } from './harness.ts'

const harness = await audited(consumerHarness())
await harness.startWorker()

async function staged(buyers: number, quota = buyers): Promise<{ offer: OfferKey; tickets: TicketId[] }> {
  const offer = await harness.open(quota)
  const tickets = await harness.rush(offer, buyers)
  await stageEntries(harness.deps, offer, await harness.read(offer))
  return { offer, tickets }
}
type Start = Client['workflow']['start']
/** Temporal, between whom and the consumer something happens to each start. */
const through = (happens: (start: Start, args: Parameters<Start>) => ReturnType<Start>): Client =>
  ({
    workflow: {
      start: (...args: Parameters<Start>) =>
        happens(harness.deps.client.workflow.start.bind(harness.deps.client.workflow), args),
    },
  }) as Client // All that starting uses.
const moment = async (what = harness.sql`now()`) =>
  Number((await harness.sql`SELECT extract(epoch FROM ${what}) * 1000 AS ms`)[0]?.ms)

describe('starting the orders of tickets', () => {
  it('starts each once, when two consumers start at the same time', async () => {
    const { tickets } = await staged(30)
    const counts = await Promise.all([startOrders(harness.deps), startOrders(harness.deps)])
    expect(counts[0] + counts[1]).toBe(30)
    expect(await startOrders(harness.deps)).toBe(0)
    await harness.ordered(tickets)
  })

  it('never has more starts under way than it was allowed', async () => {
    const { tickets } = await staged(12)
    let [now, most] = [0, 0]
    const client = through(async (start, args) => {
      most = Math.max(most, ++now)
      const handle = await start(...args)
      now--
      return handle
    })
    while ((await startOrders({ ...harness.deps, client, startsInFlight: 2 })) > 0);
    expect(most).toBe(2)
    await harness.ordered(tickets)
  })

  it('starts again what never reached Temporal, soon, and then with growing pauses', async () => {
    const { offer, tickets } = await staged(1)
    const [ticket = '' as TicketId] = tickets
    const lost = through(() => Promise.reject(new Error('lost on the way')))
    for (const pause of [1000, 2000, 4000]) {
      const before = await moment()
      expect(await startOrders({ ...harness.deps, client: lost })).toBe(1)
      const due = await moment(harness.sql`(SELECT due_at FROM tickets WHERE id = ${ticket})`)
      expect(due).toBeGreaterThanOrEqual(before + pause)
      expect(due).toBeLessThanOrEqual((await moment()) + pause)
      await harness.timePasses(offer)
    }
    await startOrders(harness.deps)
    await harness.ordered(tickets)
  })

  it('starts once what reached Temporal, and nobody knows', async () => {
    const { offer, tickets } = await staged(3)
    const unanswered = through(async (start, args) => {
      await start(...args)
      throw new Error('the answer was lost')
    })
    await startOrders({ ...harness.deps, client: unanswered })
    await harness.timePasses(offer)
    await startOrders(harness.deps)
    await harness.ordered(tickets)
  })

  it('starts anew an order that somebody terminated before it was placed', async () => {
    const { offer, tickets } = await staged(1)
    const nobody = { ...harness.deps, ordersQueue: 'orders-nobody' }
    await startOrders(nobody)
    await harness.deps.client.workflow.getHandle(`order-${tickets[0]}`).terminate('by mistake')
    await harness.timePasses(offer)
    await startOrders(harness.deps)
    await expect
      .poll(() => ticketRow(harness.sql, tickets[0] ?? ('' as TicketId)), { timeout: 20_000 })
      .toMatchObject({ state: 'live' })
  })

  it('asks a human about an offer whose orders are not placed for five minutes: one row with how many', async () => {
    const { offer, tickets } = await staged(4)
    const subject = `${offer.session} ${offer.sku}`
    const open = async () => [
      ...(await harness.sql<{ tickets: string }[]>`
        SELECT details ->> 'tickets' AS tickets
        FROM attention
        WHERE reason = 'ticket_waiting' AND subject = ${subject} AND cleared_at IS NULL`),
    ]
    await harness.sql`
      UPDATE tickets
      SET staged_at = now() - interval '6 minutes'
      WHERE id = ANY(${tickets.slice(1)}::bigint[])`
    for (let i = 0; i < 2; i++) await reportLateTickets(harness.sql)
    expect(await open()).toEqual([{ tickets: '3' }])
    await harness.sql`
      UPDATE tickets
      SET staged_at = now() - interval '6 minutes'
      WHERE id = ${tickets[0] ?? ''}`
    await reportLateTickets(harness.sql)
    expect(await open(), 'it says how many there are now').toEqual([{ tickets: '4' }])
    await startOrders(harness.deps)
    await harness.ordered(tickets)
    await reportLateTickets(harness.sql)
    expect(await open(), 'nobody has to clear it').toEqual([])
  })

  it('leaves alone a ticket whose order is placed', async () => {
    const { offer, tickets } = await staged(1)
    const [ticket = '' as TicketId] = tickets
    await placeInOneTransaction(harness.sql, await flashOrder(harness.sql, ticket), 'run')
    await harness.timePasses(offer)
    expect(await startOrders(harness.deps)).toBe(0)
  })

  it('of a buyer who is gone ends with the ticket given back, and why', async () => {
    const offer = await harness.open(1)
    const buyer = { ...(await harness.shop.buyer()), id: harness.shop.ids.next() as UserId } // Nobody's.
    const ticket = await harness.admitted(offer, { buyer })
    await stageEntries(harness.deps, offer, await harness.read(offer))
    await startOrders(harness.deps)
    await expect
      .poll(() => ticketRow(harness.sql, ticket), { timeout: 20_000 })
      .toMatchObject({ state: 'given_back', reason: 'buyer_blocked' })
    expect(await orderRow(harness.sql, ticket)).toMatchObject({
      status: 'rejected',
      refusal: { code: 'buyer_blocked' },
    })
    await syncGate(harness.deps)
    await harness.settles(offer, 1)
  })
})

it('while Temporal is away tickets wait, and once it is back each becomes one order', {
  timeout: 120_000,
}, async () => {
  const offer = await harness.open(30)
  const door = await doorTo(Number(inject('temporalAddress').split(':').at(-1)))
  const connection = await NativeConnection.connect({ address: `127.0.0.1:${door.port}` })
  const consumer = harness.startConsumer({ client: new Client({ connection }) })
  onTestFinished(async () => {
    await consumer.stop()
    await connection.close()
    await door.close()
  })
  const before = await harness.rush(offer, 10)
  await harness.ordered(before)
  door.shut()
  const during = await harness.rush(offer, 10)
  const tried = async () =>
    (
      await harness.sql`
        SELECT 1
        FROM tickets
        WHERE session_id = ${offer.session} AND state = 'waiting' AND tried > 1`
    ).count
  await expect.poll(tried, { timeout: 60_000 }).toBe(10)
  const waiting = await harness.rush(offer, 10)
  door.open()
  await harness.ordered([...before, ...during, ...waiting])
  await harness.settles(offer, 0)
})
