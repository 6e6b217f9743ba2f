import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { beginClosing, releaseOrder } from '../../activities/closing.ts'
import { confirmOrder, placeAtOnce, placeStep } from '../../activities/placing.ts'
import type { Sql } from '../../db/client.ts'
import { StepUndone } from '../../db/steps.ts'
import type { OrderId } from '../../domain/ids.ts'
import type { OrderInput } from '../../workflows/messages.ts'
import { expectBooksToAddUp, holdings, orderRow } from '../support/books.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { held, waitingForLocks } from '../support/gates.ts'
import { openShop, type Shop } from '../support/shop.ts'
import { confirmed, done, everything, reject, reserving, run, unavailable } from './everything.ts'

let fresh: FreshDatabase
let sql: Sql
let shop: Shop
beforeAll(async () => {
  fresh = await freshDatabase()
  sql = fresh.db.sql
  shop = await openShop(fresh.db)
})
afterAll(async () => {
  await expectBooksToAddUp(sql)
  await fresh.drop()
})

const plain = ({ couponId: _, ...input }: OrderInput): OrderInput => ({ ...input, points: '0', balance: '0' })

describe('releasing an order', () => {
  it.each([0, 1, 2, 3, 4])('after %i of its steps leaves everything exactly as it was, and a row that says why', async (count) => {
    const input = await everything(shop)
    const before = await holdings(sql)
    const order = await done(sql, input, count)
    expect(await reject(sql, order)).toEqual({ status: 'rejected', payBy: null })
    expect(await holdings(sql)).toEqual(before)
    expect(await orderRow(sql, order)).toMatchObject({ status: 'rejected', refusal: unavailable.refusal })
    for (const step of reserving) await expect(placeStep(sql, order, step)).rejects.toThrow(StepUndone)
    await expect(confirmOrder(sql, order, 1000)).rejects.toThrow(StepUndone)
    expect(await holdings(sql)).toEqual(before)
  })

  it('that was confirmed changes nothing and says so', async () => {
    const order = await confirmed(sql, await everything(shop))
    const before = await holdings(sql)
    expect(await reject(sql, order)).toEqual({ status: 'awaiting_payment', payBy: expect.any(Number) })
    expect(await releaseOrder(sql, order, { end: 'closed' })).toMatchObject({ status: 'awaiting_payment' })
    expect(await holdings(sql)).toEqual(before)
    expect(await orderRow(sql, order)).toMatchObject({ status: 'awaiting_payment', refusal: null })
  })

  it('that is closing closes it and gives everything back, once', async () => {
    const input = await everything(shop)
    const before = await holdings(sql)
    const order = await confirmed(sql, input)
    expect(await beginClosing(sql, order, 'buyer_cancelled')).toEqual({ status: 'closing', openAttempt: false })
    const releases = await Promise.all(Array.from({ length: 5 }, () => releaseOrder(sql, order, { end: 'closed' })))
    expect(releases.map(({ status }) => status)).toEqual(['closed', 'closed', 'closed', 'closed', 'closed'])
    expect(await holdings(sql)).toEqual(before)
    expect(await orderRow(sql, order)).toMatchObject({ status: 'closed', closedWhy: 'buyer_cancelled', refusal: null })
    await expect(placeStep(sql, order, 'reserve_stock')).rejects.toThrow(StepUndone)
  })

  it('repeated keeps the first why', async () => {
    const order = await done(sql, await everything(shop), 2)
    await reject(sql, order)
    await releaseOrder(sql, order, { end: 'rejected', refusal: { code: 'out_of_stock', details: { skus: [] } } })
    expect(await orderRow(sql, order)).toMatchObject({ refusal: unavailable.refusal })
  })
})

describe('beginning to close', () => {
  it('keeps the first why, and says what is when it comes too late', async () => {
    const order = await confirmed(sql, await everything(shop))
    await beginClosing(sql, order, 'pay_timeout')
    expect(await beginClosing(sql, order, 'buyer_cancelled')).toEqual({ status: 'closing', openAttempt: false })
    expect(await orderRow(sql, order)).toMatchObject({ status: 'closing', closedWhy: 'pay_timeout' })
    await releaseOrder(sql, order, { end: 'closed' })
    expect(await beginClosing(sql, order, 'buyer_cancelled')).toMatchObject({ status: 'closed' })
  })
})

describe('the quick road', () => {
  it('places an order with everything as the single steps do', async () => {
    const [input, twin] = [await everything(shop), await everything(shop)]
    expect(await placeAtOnce(sql, input, run)).toEqual({ status: 'awaiting_payment', payBy: expect.any(Number) })
    await confirmed(sql, twin)
    const kinds = (order: string) =>
      sql`SELECT warehouse_id, kind, on_hand, reserved FROM stock_movements WHERE order_id = ${order} ORDER BY sku_id, warehouse_id`
    expect(await kinds(input.orderId)).toEqual(await kinds(twin.orderId))
  })

  it.each([
    ['out_of_stock', {}],
    ['balance_insufficient', { balance: '2001' }],
    ['points_insufficient', { points: '501' }],
  ] as const)('refused with %s leaves a row that says why, and everything exactly as it was', async (code, wish) => {
    const input = await everything(shop, wish)
    if (code === 'out_of_stock') await placeAtOnce(sql, { ...plain(input), orderId: shop.ids.next() as OrderId }, run)
    const before = await holdings(sql)
    expect(await placeAtOnce(sql, input, run)).toEqual({ status: 'rejected', payBy: null })
    expect(await orderRow(sql, input.orderId)).toMatchObject({ status: 'rejected', refusal: { code } })
    expect(await holdings(sql)).toEqual(before)
    expect(await placeAtOnce(sql, input, run)).toEqual({ status: 'rejected', payBy: null })
  })

  it('leaves an order that single steps have begun to the single steps', async () => {
    const input = await everything(shop)
    const order = await done(sql, input, 2)
    expect(await placeAtOnce(sql, input, run)).toBeUndefined()
    expect(await placeAtOnce(sql, input, 'another run')).toEqual({ status: 'placing', payBy: null })
    await reject(sql, order)
    expect(await placeAtOnce(sql, input, run)).toEqual({ status: 'rejected', payBy: null })
  })

  it('taken by ten at once places one order', async () => {
    const input = await everything(shop)
    const placed = await Promise.all(Array.from({ length: 10 }, () => placeAtOnce(sql, input, run)))
    expect(placed.filter((answer) => answer !== undefined)).toEqual([{ status: 'awaiting_payment', payBy: expect.any(Number) }])
  })
})

describe('two orders of one buyer', () => {
  it('one placed while the other is given back, never wait for each other in a ring', async () => {
    const first = await everything(shop)
    const order = await confirmed(sql, first)
    await beginClosing(sql, order, 'pay_timeout')
    const lines = first.lines.map((line) => ({ ...line, quantity: 1 }))
    const { couponId: _, ...second } = { ...first, lines, orderId: shop.ids.next() as OrderId } // A fresh snowflake.
    const shelf = await held(sql, (tx) => tx`SELECT 1 FROM stock WHERE sku_id = ${lines[0]?.sku ?? null} FOR UPDATE`)
    const placing = placeAtOnce(sql, second, run)
    await waitingForLocks(sql, 1)
    const releasing = releaseOrder(sql, order, { end: 'closed' })
    await waitingForLocks(sql, 2)
    await shelf.commit()
    expect(await Promise.all([placing, releasing])).toMatchObject([{ status: 'awaiting_payment' }, { status: 'closed' }])
  })
})
