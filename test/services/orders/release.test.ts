import { describe, expect, it } from 'vitest'
import type { OrderId } from '../../../domain/ids.ts'
import type { OrderInput } from '../../../domain/order-input.ts'
import { closeOrder } from '../../../services/orders/close.ts'
import { confirmOrder } from '../../../services/orders/confirm.ts'
import { placeInOneTransaction } from '../../../services/orders/place.ts'
import { rejectOrder } from '../../../services/orders/reject.ts'
import { placeStep } from '../../../services/orders/reserve.ts'
import { StepUndone } from '../../../services/orders/steps.ts'
import { markClosed } from '../../../services/payments/attempts/states.ts'
import { holdings, orderRow } from '../../support/books.ts'
import { held, waitingForLocks } from '../../support/gates.ts'
import { openTill } from '../../support/paying.ts'
import { useShop } from '../../support/use-shop.ts'
import { payable } from '../payments/resolving.ts'
import { confirmed, done, everything, reject, reserving, run, unavailable } from './everything.ts'

const { sql, shop } = await useShop()

const plain = ({ couponId: _, ...input }: OrderInput): OrderInput => ({ ...input, points: '0', balance: '0' })

describe('an order', () => {
  it.each([0, 1, 2, 3, 4])(
    'rejected after %i of its steps leaves everything exactly as it was, and a row that says why',
    async (count) => {
      const input = await everything(shop)
      const before = await holdings(sql)
      const order = await done(sql, input, count)
      expect(await reject(sql, order)).toEqual({ status: 'rejected', payBy: null })
      expect(await holdings(sql)).toEqual(before)
      expect(await orderRow(sql, order)).toMatchObject({ status: 'rejected', refusal: unavailable })
      for (const step of reserving) await expect(placeStep(sql, order, step)).rejects.toThrow(StepUndone)
      await expect(confirmOrder(sql, order, 1000)).rejects.toThrow(StepUndone)
      expect(await holdings(sql)).toEqual(before)
    },
  )

  it('rejected after it was confirmed stays as it is and says so', async () => {
    const order = await confirmed(sql, await everything(shop))
    const before = await holdings(sql)
    expect(await reject(sql, order)).toEqual({ status: 'awaiting_payment', payBy: expect.any(Number) })
    expect(await holdings(sql)).toEqual(before)
    expect(await orderRow(sql, order)).toMatchObject({ status: 'awaiting_payment', refusal: null })
  })

  it('closed by five at once gives everything back, once', async () => {
    const input = await everything(shop)
    const before = await holdings(sql)
    const order = await confirmed(sql, input)
    const closings = await Promise.all(
      Array.from({ length: 5 }, () => closeOrder(sql, order, 'buyer_cancelled')),
    )
    expect(closings).toEqual(Array.from({ length: 5 }, () => ({ status: 'closed', openAttempt: false })))
    expect(await holdings(sql)).toEqual(before)
    expect(await orderRow(sql, order)).toMatchObject({
      status: 'closed',
      closedWhy: 'buyer_cancelled',
      refusal: null,
    })
    await expect(placeStep(sql, order, 'reserve_stock')).rejects.toThrow(StepUndone)
  })

  it('rejected again keeps the first why', async () => {
    const order = await done(sql, await everything(shop), 2)
    await reject(sql, order)
    await rejectOrder(sql, order, { code: 'out_of_stock', details: { skus: [] } })
    expect(await orderRow(sql, order)).toMatchObject({ refusal: unavailable })
  })
})

describe('closing an order', () => {
  it('gives nothing back while an attempt is open, however often it is asked to', async () => {
    const { order, attempt } = await payable(sql, shop, openTill(sql, shop.ids))
    const before = await holdings(sql)
    for (const why of ['pay_timeout', 'buyer_cancelled'] as const) {
      expect(await closeOrder(sql, order, why)).toEqual({ status: 'closing', openAttempt: true })
    }
    expect(await holdings(sql)).toEqual(before)
    expect(await orderRow(sql, order)).toMatchObject({ status: 'closing', closedWhy: 'pay_timeout' })
    await markClosed(sql, attempt)
    expect(await closeOrder(sql, order, 'buyer_cancelled')).toEqual({ status: 'closed', openAttempt: false })
    expect(await orderRow(sql, order)).toMatchObject({ status: 'closed', closedWhy: 'pay_timeout' })
  })

  it('that is paid changes nothing and says so', async () => {
    const till = openTill(sql, shop.ids)
    const { order, attempt } = await payable(sql, shop, till)
    await till.notify(await till.facts(attempt))
    const before = await holdings(sql)
    expect(await closeOrder(sql, order, 'pay_timeout')).toEqual({ status: 'to_ship', openAttempt: false })
    expect(await holdings(sql)).toEqual(before)
  })
})

describe('the fast path', () => {
  it('places an order with everything as the single steps do', async () => {
    const [input, twin] = [await everything(shop), await everything(shop)]
    expect(await placeInOneTransaction(sql, input, run)).toEqual({
      status: 'awaiting_payment',
      payBy: expect.any(Number),
    })
    await confirmed(sql, twin)
    const kinds = (order: string) =>
      sql`
        SELECT warehouse_id, kind, on_hand, reserved
        FROM stock_movements
        WHERE order_id = ${order}
        ORDER BY sku_id, warehouse_id`
    expect(await kinds(input.orderId)).toEqual(await kinds(twin.orderId))
  })

  it.each([
    ['out_of_stock', {}],
    ['balance_insufficient', { balance: '2001' }],
    ['points_insufficient', { points: '501' }],
  ] as const)(
    'refused with %s leaves a row that says why, and everything exactly as it was',
    async (code, but) => {
      const input = await everything(shop, but)
      if (code === 'out_of_stock')
        await placeInOneTransaction(sql, { ...plain(input), orderId: shop.ids.next() as OrderId }, run)
      const before = await holdings(sql)
      expect(await placeInOneTransaction(sql, input, run)).toEqual({ status: 'rejected', payBy: null })
      expect(await orderRow(sql, input.orderId)).toMatchObject({ status: 'rejected', refusal: { code } })
      expect(await holdings(sql)).toEqual(before)
      expect(await placeInOneTransaction(sql, input, run)).toEqual({ status: 'rejected', payBy: null })
    },
  )

  it('leaves an order that single steps have begun to the single steps', async () => {
    const input = await everything(shop)
    const order = await done(sql, input, 2)
    expect(await placeInOneTransaction(sql, input, run)).toBeUndefined()
    expect(await placeInOneTransaction(sql, input, 'another run')).toEqual({ status: 'placing', payBy: null })
    await reject(sql, order)
    expect(await placeInOneTransaction(sql, input, run)).toEqual({ status: 'rejected', payBy: null })
  })

  it('taken by ten at once places one order', async () => {
    const input = await everything(shop)
    const placed = await Promise.all(Array.from({ length: 10 }, () => placeInOneTransaction(sql, input, run)))
    expect(placed.filter((answer) => answer !== undefined)).toEqual([
      { status: 'awaiting_payment', payBy: expect.any(Number) },
    ])
  })
})

describe('two orders of one buyer', () => {
  it('one placed while the other is given back, never wait for each other in a ring', async () => {
    const first = await everything(shop)
    const order = await confirmed(sql, first)
    const lines = first.lines.map((line) => ({ ...line, quantity: 1 }))
    // A fresh snowflake.
    const { couponId: _, ...second } = { ...first, lines, orderId: shop.ids.next() as OrderId }
    const shelf = await held(
      sql,
      (tx) => tx`SELECT 1 FROM stock WHERE sku_id = ${lines[0]?.sku ?? null} FOR UPDATE`,
    )
    const placing = placeInOneTransaction(sql, second, run)
    await waitingForLocks(sql, 1)
    const releasing = closeOrder(sql, order, 'pay_timeout')
    await waitingForLocks(sql, 2)
    await shelf.commit()
    expect(await Promise.all([placing, releasing])).toMatchObject([
      { status: 'awaiting_payment' },
      { status: 'closed' },
    ])
  })
})
