import { describe, expect, it } from 'vitest'
import { readRefunds } from '../../../db/reads/refunds.ts'
import type { RefundNumber } from '../../../domain/ids.ts'
import { refundOrder } from '../../../services/payments/refund-order.ts'
import { refundAtProvider } from '../../../services/payments/refunds/send.ts'
import { holdings, movementsOf, orderRow } from '../../support/books.ts'
import { useShop } from '../../support/use-shop.ts'
import { confirmed, everything } from '../orders/everything.ts'
import { calledOff, paidIn } from './paid.ts'
import { closedUnpaid, payable } from './resolving.ts'

const file = await useShop()
const { sql, shop, till } = file
const { paid, money } = paidIn(file)
const askedBy = async (number: RefundNumber) =>
  (await sql<{ by: string }[]>`SELECT asked_by AS by FROM refunds WHERE number = ${number}`)[0]?.by
const request = (key: string, choice?: { lines: { line: number; quantity: number }[]; shipping: boolean }) =>
  ({ key, cause: 'operator', reason: 'broken', askedBy: 'operator-7', choice }) as const
const refusal = (code: string, details?: object) => ({ refusal: { code, ...(details && { details }) } })

describe('a paid order that is called off before it was shipped', () => {
  it('gives everything back but the money, which is on its way, and is closed', async () => {
    const before = await holdings(sql)
    const { order, attempt, input } = await paid()
    const number = await refundOrder(sql, order, calledOff)

    expect(await orderRow(sql, order)).toMatchObject({
      status: 'closed',
      payState: 'refunded',
      closedWhy: 'buyer_cancelled',
    })
    expect(await money(attempt)).toEqual({ captured: 6300n, refunding: 6300n, refunded: 0n })
    expect(await movementsOf(sql, order)).toEqual(
      expect.arrayContaining([
        'coupon unlocked',
        'points refund',
        'points unearned',
        'growth unearned',
        'wallet order_refund',
      ]),
    )
    expect((await movementsOf(sql, order)).filter((what) => what === 'stock refunded')).toHaveLength(3)
    const [loyalty] = await sql`SELECT points, growth FROM loyalty WHERE user_id = ${input.buyerId}`
    expect(loyalty).toEqual({ points: 500n, growth: 0n })
    const now = await holdings(sql)
    // The order's own goods, coupon and buyer were made for it; of those that were there before, nothing has
    // changed.
    expect(now.stock.filter(({ sku_id }) => before.stock.some((one) => one.sku_id === sku_id))).toEqual(
      before.stock,
    )
    expect((await sql`SELECT state FROM user_coupons WHERE id = ${input.couponId ?? null}`)[0]).toEqual({
      state: 'unused',
    })
    expect(
      (
        await sql`
          SELECT DISTINCT sales
          FROM skus
          WHERE id = ANY(${input.lines.map(({ sku }) => sku)}::bigint[])`
      )[0],
    ).toEqual({ sales: 0n })

    expect(await refundAtProvider({ sql, providers: till.providers, refundFallback: 'none' }, number)).toBe(
      'success',
    )
    expect(await money(attempt)).toEqual({ captured: 6300n, refunding: 0n, refunded: 6300n })
  })

  it('is called off once, however often and by however many', async () => {
    const { order, attempt } = await paid()
    const numbers = await Promise.all(Array.from({ length: 8 }, () => refundOrder(sql, order, calledOff)))
    expect(new Set(numbers).size).toBe(1)
    expect(await refundOrder(sql, order, calledOff)).toBe(numbers[0])
    expect(await askedBy(numbers[0] as RefundNumber)).toBe('20001')
    expect(await money(attempt)).toMatchObject({ refunding: 6300n })
  })

  it('on delivery gives back wallet and points, and no money that nobody paid', async () => {
    const input = { ...(await everything(shop)), payment: 'on_delivery' as const }
    const order = await confirmed(sql, input)
    await refundOrder(sql, order, calledOff)
    expect(await orderRow(sql, order)).toMatchObject({ status: 'closed', payState: 'refunded' })
    expect(await readRefunds(sql, order)).toMatchObject([{ state: 'success', amount: 0n }])
    expect((await sql`SELECT points FROM loyalty WHERE user_id = ${input.buyerId}`)[0]).toEqual({
      points: 500n,
    })
  })

  it('keeps its money as late when the provider notifies it again: the same transaction is no other money', async () => {
    const { order, attempt } = await paid()
    await refundOrder(sql, order, calledOff)
    expect(await till.notify(await till.facts(attempt, { state: 'REPEATED' }))).toBe('duplicate')
    expect(await money(attempt)).toMatchObject({ captured: 6300n, refunding: 6300n })
  })
})

describe('a refund by an operator', () => {
  it('of some pieces sends their share back, puts them on the shelf, and leaves the order as it is', async () => {
    const { order, attempt, input } = await paid()
    const number = await refundOrder(
      sql,
      order,
      request('one', { lines: [{ line: 1, quantity: 1 }], shipping: false }),
    )
    expect(await orderRow(sql, order)).toMatchObject({ status: 'to_ship', payState: 'partly_refunded' })
    const [made] = await readRefunds(sql, order)
    expect(made).toMatchObject({
      number,
      state: 'asked',
      reason: 'broken',
      lines: [{ line: 1, quantity: 1 }],
    })
    expect(await askedBy(number)).toBe('operator-7')
    expect(made?.amount).toBeGreaterThan(0n)
    expect(await money(attempt)).toMatchObject({ refunding: made?.amount })
    const [shelf] = await sql<
      { pieces: bigint }[]
    >`SELECT sum(on_hand) AS pieces FROM stock_movements WHERE order_id = ${order} AND kind = 'refunded'`
    expect(shelf).toEqual({ pieces: 1n })
    expect((await sql`SELECT state FROM user_coupons WHERE id = ${input.couponId ?? null}`)[0]).toEqual({
      state: 'used',
    })
  })

  it('several of them, until nothing is left, give back exactly what was paid', async () => {
    const { order, attempt } = await paid()
    const [line] = await sql<
      { line: number; quantity: number }[]
    >`SELECT line, quantity FROM order_lines WHERE order_id = ${order} AND quantity > 1 ORDER BY line`
    if (!line) throw new Error('no line of several pieces')
    for (let piece = 1; piece < line.quantity; piece++)
      await refundOrder(
        sql,
        order,
        request(`piece-${piece}`, { lines: [{ line: line.line, quantity: 1 }], shipping: false }),
      )
    await refundOrder(sql, order, request('shipping', { lines: [], shipping: true }))
    await refundOrder(sql, order, request('rest'))
    expect(await orderRow(sql, order)).toMatchObject({
      status: 'closed',
      payState: 'refunded',
      closedWhy: 'operator_cancelled',
    })
    expect(await money(attempt)).toEqual({ captured: 6300n, refunding: 6300n, refunded: 0n })
  })

  it('three who refund the same remainder at once send it back once', async () => {
    const { order, attempt } = await paid()
    const tries = await Promise.allSettled(
      ['a', 'b', 'c'].map((key) => refundOrder(sql, order, request(key))),
    )
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(tries.filter(({ status }) => status === 'rejected')).toEqual(
      Array.from({ length: 2 }, () => ({
        status: 'rejected',
        reason: expect.objectContaining(refusal('not_refundable', { status: 'closed' })),
      })),
    )
    expect(await money(attempt)).toMatchObject({ refunding: 6300n })
  })

  it('of a shipped order puts nothing on the shelf unless it is said to be there, and leaves the order shipped', async () => {
    const { order } = await paid()
    await sql`UPDATE orders SET status = 'shipped' WHERE id = ${order}`
    await sql`
      INSERT INTO order_log (order_id, from_status, to_status, why)
      VALUES (${order}, 'to_ship', 'shipped', 'test')`
    await refundOrder(sql, order, request('one', { lines: [{ line: 1, quantity: 1 }], shipping: false }))
    expect(await movementsOf(sql, order)).not.toContain('stock refunded')
    await refundOrder(sql, order, { ...request('rest'), restock: true })
    expect(await movementsOf(sql, order)).toContain('stock refunded')
    expect(await orderRow(sql, order)).toMatchObject({ status: 'shipped', payState: 'refunded' })
  })
})

describe('no refund', () => {
  it('of more pieces than are left, nor of nothing', async () => {
    const { order } = await paid()
    await expect(
      refundOrder(sql, order, request('much', { lines: [{ line: 1, quantity: 99 }], shipping: false })),
    ).rejects.toMatchObject(refusal('refund_exceeds', { line: 1, available: expect.any(Number) }))
    await expect(
      refundOrder(sql, order, request('none', { lines: [{ line: 9, quantity: 1 }], shipping: false })),
    ).rejects.toMatchObject(refusal('refund_exceeds', { line: 9, available: 0 }))
    await expect(
      refundOrder(sql, order, request('nothing', { lines: [], shipping: false })),
    ).rejects.toMatchObject(refusal('nothing_to_refund'))
    expect(await readRefunds(sql, order)).toEqual([])
  })

  it('with a key that stands for another one', async () => {
    const { order } = await paid()
    await refundOrder(sql, order, request('k', { lines: [{ line: 1, quantity: 1 }], shipping: false }))
    await expect(refundOrder(sql, order, request('k'))).rejects.toMatchObject(
      refusal('refund_reused', { key: 'k' }),
    )
  })

  it('of an order that is not paid, has been shipped (for the buyer), or is closed', async () => {
    const { order: waiting } = await payable(sql, shop, till)
    await expect(refundOrder(sql, waiting, calledOff)).rejects.toMatchObject(
      refusal('not_refundable', { status: 'awaiting_payment' }),
    )
    const { order: closed } = await closedUnpaid(sql, shop, till)
    await expect(refundOrder(sql, closed, request('x'))).rejects.toMatchObject(
      refusal('not_refundable', { status: 'closed' }),
    )
    const { order: shipped } = await paid()
    await sql`UPDATE orders SET status = 'shipped' WHERE id = ${shipped}`
    await sql`
      INSERT INTO order_log (order_id, from_status, to_status, why)
      VALUES (${shipped}, 'to_ship', 'shipped', 'test')`
    await expect(refundOrder(sql, shipped, calledOff)).rejects.toMatchObject(
      refusal('not_refundable', { status: 'shipped' }),
    )
  })

  it('is made of money that is on its way back already as late: what was captured bounds all of them', async () => {
    const { order, attempt } = await paid()
    await refundOrder(sql, order, calledOff)
    await expect(
      sql`UPDATE attempts SET refunding_fen = refunding_fen + 1 WHERE number = ${attempt}`,
    ).rejects.toMatchObject({
      constraint_name: 'refunds_within_capture',
    })
  })
})
