import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OfferKey, TicketId } from '../../../../domain/flash-sale.ts'
import {
  type AddressId,
  type OrderId,
  orderWorkflowId,
  type SkuId,
  type UserId,
} from '../../../../domain/ids.ts'
import { cancel, endNow } from '../../../../workflows/messages.ts'
import { openSystem, type Shopper, type TestSystem } from '../../../end-to-end/system.ts'
import { join, offerRow, onSale, planSession, startSession, ticketRow } from '../../../support/flash-sale.ts'

let system: TestSystem
beforeAll(async () => {
  system = await openSystem({ consumer: true })
})
afterAll(() => system.close())

let next = 0

/**
 * A session of three pieces, of which one is granted to a buyer whose order waits for its payment, with an
 * open attempt at WeChat.
 */
async function granted() {
  const sql = system.container.db.sql
  const n = next++
  const sku = (await system.skus())[n] as SkuId // The seed's.
  const shelf = async () =>
    (await sql<{ pieces: number }[]>`SELECT sum(on_hand)::int AS pieces FROM stock WHERE sku_id = ${sku}`)[0]
      ?.pieces ?? 0
  const before = await shelf()
  const input = await planSession(sql, { offers: [{ sku, quota: 3 }] })
  const session = await startSession(system.container.client, system.environment.ORDERS_QUEUE ?? '', input)
  const offer: OfferKey = { session: input.session, sku }
  await onSale(system.container.gate, offer)
  const shopper = await system.shopper(n)
  const order = system.container.ids.next() as TicketId // A fresh snowflake.
  // Rows of the seeded shop.
  const joiner = { id: shopper.id as UserId, addressId: shopper.addressId as AddressId }
  expect(await join(system.container.gate, offer, { buyer: joiner, ticket: order })).toMatchObject({
    answer: 'admitted',
  })
  await system.reaches(order, 'awaiting_payment')
  const ends = async () => {
    await session.executeUpdate(endNow)
    expect(await session.result()).toEqual({ sold: 1 })
    expect(await offerRow(sql, offer)).toMatchObject({ quota: 1, granted: 1, sold: 1, ended: true })
    expect(await shelf()).toBe(before - 1)
  }
  return { offer, order, shopper, before, shelf, ends }
}
const closes = (order: OrderId) =>
  system.container.client.workflow.getHandle(orderWorkflowId(order)).signal(cancel, 'buyer_cancelled')
async function attempt(shopper: Shopper, order: OrderId): Promise<string> {
  const { status, body } = await system.pay(shopper, order)
  expect(status).toBe(201)
  return String(body.number)
}
const returned = { quota: 0, granted: 0, sold: 0 }
const kept = { quota: 1, granted: 1, sold: 1 }

describe('a session ends, and an order of it', () => {
  it('that nobody pays closes later: its piece goes to the warehouse', async () => {
    const { offer, order, before, shelf, ends } = await granted()
    await ends()
    await closes(order)
    await system.reaches(order, 'closed')
    expect(await shelf()).toBe(before)
    expect(await offerRow(system.container.db.sql, offer)).toMatchObject(returned)
    expect(await ticketRow(system.container.db.sql, order)).toEqual({
      state: 'given_back',
      reason: 'buyer_cancelled',
      sync: null,
    })
  })

  it('that is paid later keeps its piece', async () => {
    const { offer, order, shopper, before, shelf, ends } = await granted()
    const number = await attempt(shopper, order)
    await ends()
    await system.sandbox.pay(number)
    await system.reaches(order, 'to_ship')
    expect(await shelf()).toBe(before - 1)
    expect(await offerRow(system.container.db.sql, offer)).toMatchObject(kept)
    await expect
      .poll(() => ticketRow(system.container.db.sql, order), { timeout: 20_000 })
      .toMatchObject({ state: 'paid', sync: null })
  })

  const unknown = { noNotification: true, fail: { close: { times: 1_000_000 }, query: { times: 1_000_000 } } }
  /** It is to be closed, and the provider does not say what became of its payment. */
  async function inDoubt() {
    const sale = await granted()
    const number = await attempt(sale.shopper, sale.order)
    await system.sandbox.switches(unknown, number)
    await sale.ends()
    await closes(sale.order)
    await system.reaches(sale.order, 'closing')
    const holds = async () => {
      expect(await offerRow(system.container.db.sql, sale.offer)).toMatchObject(kept)
      expect(await ticketRow(system.container.db.sql, sale.order)).toMatchObject({ state: 'live' })
      expect(await sale.shelf()).toBe(sale.before - 1)
    }
    const order = system.container.client.workflow.getHandle(orderWorkflowId(sale.order))
    const asked = async () => {
      const [pending] = (await order.describe()).raw.pendingActivities ?? []
      return pending?.activityType?.name === 'closeAttempt' && (pending.attempt ?? 0) > 2
    }
    await expect.poll(asked, { timeout: 30_000 }).toBe(true)
    await holds()
    return { ...sale, number }
  }

  it('whose payment nobody knows holds its piece until the provider has spoken: closed, it goes to the warehouse', async () => {
    const { order, offer, number, before, shelf } = await inDoubt()
    await system.sandbox.switches({}, number)
    await system.reaches(order, 'closed')
    expect(await shelf()).toBe(before)
    expect(await offerRow(system.container.db.sql, offer)).toMatchObject(returned)
  })

  it('whose payment nobody knows holds its piece until the provider has spoken: paid, it keeps it', async () => {
    const { order, offer, number, before, shelf } = await inDoubt()
    await system.sandbox.pay(number)
    await system.sandbox.switches({ noNotification: true }, number)
    await system.reaches(order, 'to_ship')
    expect(await shelf()).toBe(before - 1)
    expect(await offerRow(system.container.db.sql, offer)).toMatchObject(kept)
    expect(await ticketRow(system.container.db.sql, order)).toMatchObject({ state: 'paid' })
  })
})

it('and the books add up after all that', () => system.addsUp())
