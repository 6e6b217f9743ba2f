import { expect, it } from 'vitest'
import type { OfferKey, TicketId } from '../../../../domain/flash-sale.ts'
import { type AddressId, orderWorkflowId } from '../../../../domain/ids.ts'
import { endSession } from '../../../../services/flash-sales/end-session.ts'
import { preheat } from '../../../../services/flash-sales/preheat.ts'
import { closeOrder } from '../../../../services/orders/close.ts'
import { placeInOneTransaction } from '../../../../services/orders/place.ts'
import { cancel } from '../../../../workflows/messages.ts'
import { offerRow, planSession, ticketRow } from '../../../support/flash-sale.ts'
import { flashOrder, staged } from '../../../support/tickets.ts'
import { audited } from '../../../support/use-shop.ts'
import { sessionHarness } from './harness.ts'

const harness = await audited(sessionHarness())
await harness.startWorker()

/** A ticket of a new buyer, and what becomes of it. */
async function played(
  offer: OfferKey,
  end: 'waiting' | 'live' | 'paid' | 'closed' | 'rejected' | 'refused',
  pieces = 1,
): Promise<TicketId> {
  const buyer = await harness.shop.buyer()
  const but = {
    pieces,
    ...(end === 'refused' ? { epoch: 7 } : {}),
    ...(end === 'rejected' ? { address: '1' as AddressId } : {}),
  } // Nobody's.
  const ticket = await staged({ sql: harness.sql, ids: harness.shop.ids }, offer, { buyer, ...but })
  if (end === 'waiting' || end === 'refused') return ticket
  await placeInOneTransaction(harness.sql, await flashOrder(harness.sql, ticket), 'run')
  if (end === 'closed') await closeOrder(harness.sql, ticket, 'pay_timeout')
  if (end === 'paid')
    expect(
      await harness.till.notify(await harness.till.facts(await harness.till.attempt(ticket, buyer.id))),
    ).toBe('paid')
  return ticket
}

it('the closing report says what became of each offer, and stays as it was stored', async () => {
  const { sql } = harness
  const [first, second, unsold] = [
    await harness.shop.sku({ 1: 20 }),
    await harness.shop.sku({ 1: 3 }),
    await harness.shop.sku({ 1: 4 }),
  ]
  const offers = [
    { sku: first, quota: 20, price: 900, limit: 2 },
    { sku: second, quota: 3, price: 250 },
    { sku: unsold, quota: 9 },
  ]
  const { session } = await planSession(sql, { offers })
  await preheat({ sql, gate: harness.deps.gate }, session)
  const [one, other] = [
    { session, sku: first },
    { session, sku: second },
  ]
  await played(one, 'paid', 2)
  await played(one, 'paid')
  const live = await played(one, 'live', 2)
  for (const end of ['waiting', 'closed', 'rejected', 'refused'] as const) await played(one, end)
  for (let i = 0; i < 3; i++) await played(other, 'paid')

  const report = await endSession(sql, session)
  const name = 'Green tea'
  const nothing = {
    granted: 0,
    sold: 0,
    paid: 0,
    givenBack: 0,
    refused: 0,
    tickets: 0,
    buyers: 0,
    takings: '0',
    soldOutAt: null,
  }
  expect(report).toEqual({
    session,
    phase: 'ended',
    offers: [
      {
        sku: first,
        name,
        quota: 6,
        granted: 6,
        sold: 5,
        paid: 3,
        givenBack: 2,
        refused: 1,
        tickets: 7,
        buyers: 7,
        takings: '2700',
        soldOutAt: null,
      },
      {
        ...nothing,
        sku: second,
        name,
        quota: 3,
        granted: 3,
        sold: 3,
        paid: 3,
        tickets: 3,
        buyers: 3,
        takings: '750',
        soldOutAt: expect.any(String),
      },
      { ...nothing, sku: unsold, name, quota: 0 },
    ],
  })
  expect(await Promise.all([first, second, unsold].map((sku) => harness.shelf(sku)))).toEqual([14, 0, 4])

  await closeOrder(sql, live, 'pay_timeout')
  expect(await endSession(sql, session)).toEqual(report)
  expect([...(await sql`SELECT report FROM sessions WHERE id = ${session}`)]).toEqual([{ report }])
  expect(await harness.shelf(first)).toBe(16)
})

it('an offer is marked as sold out as it happens, and not any more once a piece is given back, until that is granted too', async () => {
  const { offer } = await harness.open({ quota: 2 })
  const consumer = harness.startConsumer()
  const soldOut = async () => (await offerRow(harness.sql, offer)).soldOut
  const first = await harness.admitted(offer)
  await harness.ordered([first])
  expect(await soldOut()).toBe(false)
  await harness.admitted(offer)
  await expect.poll(soldOut, { timeout: 20_000 }).toBe(true)
  await harness.deps.client.workflow.getHandle(orderWorkflowId(first)).signal(cancel, 'buyer_cancelled')
  await expect
    .poll(() => ticketRow(harness.sql, first), { timeout: 30_000 })
    .toMatchObject({ state: 'given_back' })
  expect(await soldOut()).toBe(false)
  await harness.settles(offer, 1)
  expect(await harness.answer(offer)).toBe('admitted')
  await expect.poll(soldOut, { timeout: 20_000 }).toBe(true)
  await consumer.stop()
})
