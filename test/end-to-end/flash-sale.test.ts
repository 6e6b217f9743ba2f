import { afterAll, beforeAll, expect, it } from 'vitest'
import type { TicketId } from '../../domain/flash-sale.ts'
import type { AddressId, OrderId, SkuId, UserId } from '../../domain/ids.ts'
import {
  type Joiner,
  join,
  offerRow,
  onSale,
  type Plan,
  planSession,
  startSession,
  ticketRow,
} from '../support/flash-sale.ts'
import { openSystem, type TestSystem } from './system.ts'

let system: TestSystem
beforeAll(async () => {
  system = await openSystem({ consumer: true })
})
afterAll(() => system.close())

const buyer = async (n: number): Promise<Joiner> => {
  const { id, addressId } = await system.shopper(n)
  return { id: id as UserId, addressId: addressId as AddressId } // Rows of the seeded shop.
}
const fresh = (): TicketId => system.container.ids.next() as TicketId

async function open(n: number, plan: Omit<Plan, 'offers'> & { quota: number; limit?: number }) {
  const sku = (await system.skus())[n] as SkuId
  const input = await planSession(system.container.db.sql, {
    ...plan,
    offers: [{ sku, quota: plan.quota, limit: plan.limit ?? 1 }],
  })
  const running = await startSession(system.container.client, system.environment.ORDERS_QUEUE ?? '', input)
  const offer = { session: input.session, sku }
  await onSale(system.container.gate, offer)
  return { offer, running, sku }
}
const shelf = async (sku: SkuId) => {
  const [row] = await system.container.db.sql<
    { pieces: string }[]
  >`SELECT sum(on_hand - reserved)::text AS pieces FROM stock WHERE sku_id = ${sku}`
  return Number(row?.pieces)
}
const reaches = (ticket: TicketId, state: string) =>
  expect
    .poll(async () => (await ticketRow(system.container.db.sql, ticket))?.state, { timeout: 30_000 })
    .toBe(state)

it('a ticket becomes an order at the offer’s price, which is paid, and the session ends with everything counted', async () => {
  const sku = (await system.skus())[0] as SkuId
  const before = await shelf(sku)
  const { offer, running } = await open(0, { quota: 5 })
  expect(await shelf(sku)).toBe(before - 5)
  const mine = fresh()
  expect(await join(system.container.gate, offer, { buyer: await buyer(0), ticket: mine })).toMatchObject({
    answer: 'admitted',
    ticket: mine,
  })
  await system.reaches(mine, 'awaiting_payment')
  const shopper = await system.shopper(0)
  const { body } = await system.pay(shopper, mine)
  await system.sandbox.pay(String(body.number))
  await system.reaches(mine, 'to_ship')
  const [order] = await system.container.db
    .sql`SELECT kind, goods_fen::int AS goods FROM orders WHERE id = ${mine}`
  expect(order).toEqual({ kind: 2, goods: 900 })
  await running.executeUpdate('endNow')
  expect(await running.result()).toEqual({ sold: 1 })
  expect(await offerRow(system.container.db.sql, offer)).toMatchObject({
    quota: 1,
    granted: 1,
    sold: 1,
    ended: true,
  })
  expect(await shelf(sku)).toBe(before - 1)
  expect(await system.container.gate.left(offer)).toBeUndefined()
})

it('a piece that is not paid in time is for sale again in the same session, and its buyer may try again', async () => {
  const { offer } = await open(1, { quota: 1, payWithinMs: 1500 })
  const [first, second, third] = [fresh(), fresh(), fresh()]
  expect(await join(system.container.gate, offer, { buyer: await buyer(1), ticket: first })).toMatchObject({
    answer: 'admitted',
  })
  expect(await join(system.container.gate, offer, { buyer: await buyer(2), ticket: second })).toMatchObject({
    answer: 'sold_out',
  })
  await system.reaches(first, 'closed')
  await expect.poll(() => system.container.gate.left(offer), { timeout: 20_000 }).toBe(1)
  expect(await ticketRow(system.container.db.sql, first)).toMatchObject({
    state: 'given_back',
    reason: 'pay_timeout',
  })
  expect(await join(system.container.gate, offer, { buyer: await buyer(1), ticket: third })).toMatchObject({
    answer: 'admitted',
    ticket: third,
  })
  await reaches(third, 'live')
})

it('a ticket whose order is refused for good frees its buyer, and its piece is for sale again', async () => {
  const { offer } = await open(2, { quota: 1 })
  const { id } = await buyer(3)
  const gone = fresh()
  expect(
    await join(system.container.gate, offer, { buyer: { id, addressId: '1' as AddressId }, ticket: gone }),
  ).toMatchObject({
    answer: 'admitted',
  })
  await reaches(gone, 'given_back')
  expect(await ticketRow(system.container.db.sql, gone)).toMatchObject({ reason: 'address_unknown' })
  await expect.poll(() => system.container.gate.left(offer), { timeout: 20_000 }).toBe(1)
  const again = fresh()
  expect(await join(system.container.gate, offer, { buyer: await buyer(3), ticket: again })).toMatchObject({
    answer: 'admitted',
  })
  await system.reaches(again as OrderId, 'awaiting_payment')
})

it('a piece that is given back after the session has ended goes to the warehouse, and not to the gate', async () => {
  const sku = (await system.skus())[3] as SkuId
  const before = await shelf(sku)
  const { offer, running } = await open(3, { quota: 3, payWithinMs: 4000 })
  const late = fresh()
  await join(system.container.gate, offer, { buyer: await buyer(4), ticket: late })
  await system.reaches(late, 'awaiting_payment')
  await running.executeUpdate('endNow')
  await running.result()
  expect(await shelf(sku)).toBe(before - 1)
  await system.reaches(late, 'closed')
  expect(await shelf(sku)).toBe(before)
  expect(await offerRow(system.container.db.sql, offer)).toMatchObject({ quota: 0, granted: 0, sold: 0 })
  expect(await ticketRow(system.container.db.sql, late)).toMatchObject({ state: 'given_back', sync: null })
})

it('and the books add up after all that', () => system.addsUp())
