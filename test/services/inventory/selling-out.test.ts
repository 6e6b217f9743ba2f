import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { connect } from '../../../db/client.ts'
import type { SkuId } from '../../../domain/ids.ts'
import type { OrderInput } from '../../../domain/order-input.ts'
import { Refused } from '../../../domain/refusals.ts'
import { closeOrder } from '../../../services/orders/close.ts'
import { confirmOrder } from '../../../services/orders/confirm.ts'
import { openAlone } from '../../../services/orders/open.ts'
import { placeInOneTransaction } from '../../../services/orders/place.ts'
import { rejectOrder } from '../../../services/orders/reject.ts'
import { placeStep } from '../../../services/orders/reserve.ts'
import { expectBooksToAddUp } from '../../support/books.ts'
import { useShop } from '../../support/use-shop.ts'
import { reject, reserving, run } from '../orders/everything.ts'

const { fresh, shop } = await useShop({ booksAddUp: false })
const many = connect(fresh.url, { max: 40 })
const sql = many.sql
afterAll(() => many.close())

/**
 * As Temporal does: a statement that was cut off by a time-out is tried again. Anything else, a deadlock
 * above all, is not let pass.
 */
async function tried<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      if (code !== '55P03' && code !== '57014') throw error
    }
  }
}

/** The fallback: the steps one by one, released when one is refused. */
async function stepByStep(input: OrderInput): Promise<string | undefined> {
  const { status } = await tried(() => openAlone(sql, input, run))
  if (status === 'rejected') return status
  const needed = {
    reserve_stock: true,
    lock_coupon: input.couponId !== undefined,
    debit_balance: input.balance !== '0',
    spend_points: input.points !== '0',
  }
  try {
    for (const step of reserving) if (needed[step]) await tried(() => placeStep(sql, input.orderId, step))
    return (await tried(() => confirmOrder(sql, input.orderId, input.payWithinMs))).status
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return (await tried(() => rejectOrder(sql, input.orderId, error.refusal))).status
  }
}
const atOnce = async (input: OrderInput): Promise<string | undefined> =>
  (await tried(() => placeInOneTransaction(sql, input, run)))?.status

describe('two hundred orders at the same time, of one to three pieces of five SKUs with a hundred pieces each', () => {
  it.each([
    ['the fast path', atOnce],
    ['single steps', stepByStep],
  ])('by %s: nothing is oversold, refused orders hold nothing, nobody deadlocks', async (_, path) => {
    const skus: SkuId[] = []
    for (let n = 0; n < 5; n++) skus.push(await shop.sku({ 1: 50, 2: 30, 3: 20 }))
    const buyers = await Promise.all(
      Array.from({ length: 20 }, () => shop.buyer({ balance: 3000, points: 1000 })),
    )
    const inputs = Array.from({ length: 200 }, (_, i) => {
      const buyer = buyers[i % buyers.length]
      const lines = skus
        .filter((_, n) => n !== i % 5 && (i + n) % 3 !== 0)
        .map((sku, n): [SkuId, number] => [sku, 1 + ((i + n) % 3)])
      if (!buyer) throw new Error('twenty buyers')
      return shop.orderInput(buyer, i % 2 ? lines : lines.reverse(), {
        points: String((i % 3) * 50),
        balance: String((i % 4) * 100),
      })
    })
    const ends = await Promise.all(inputs.map(path))
    expect(new Set(ends)).toEqual(new Set(['awaiting_payment', 'rejected']))
    await expectBooksToAddUp(sql)

    const left = await sql<
      { free: number }[]
    >`SELECT sum(on_hand - reserved)::int AS free FROM stock WHERE sku_id = ANY(${skus}::bigint[]) GROUP BY sku_id`
    expect(Math.min(...left.map(({ free }) => free))).toBeLessThan(3)
    const [held] = await sql`
      SELECT count(*)::int AS n
      FROM stock_movements m
      JOIN orders o ON o.id = m.order_id
      WHERE o.status = 'rejected'
      GROUP BY m.order_id
      HAVING sum(m.reserved) <> 0`
    expect(held).toBeUndefined()
  })
})

describe('any orders', () => {
  const request = fc.record({
    lines: fc.uniqueArray(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 4 })), {
      minLength: 1,
      maxLength: 3,
      selector: ([sku]) => sku,
    }),
    buyer: fc.nat(1),
    coupon: fc.boolean(),
    points: fc.nat(300),
    balance: fc.nat(800),
    path: fc.constantFrom(atOnce, stepByStep),
    payment: fc.constantFrom('online' as const, 'online' as const, 'on_delivery' as const),
    fate: fc.constantFrom('wait', 'close', 'reject'),
  })

  it('placed, refused, closed and released side by side leave ledgers whose sums are the rows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 12 }), async (requests) => {
        const skus = [
          await shop.sku({ 1: 6, 2: 3 }),
          await shop.sku({ 2: 5 }, 350),
          await shop.sku({ 1: 2, 3: 2 }, 1999),
        ]
        const buyers = [await shop.buyer({ balance: 1500, points: 500 }), await shop.buyer({ balance: 700 })]
        const coupons = await Promise.all(buyers.map(({ id }) => shop.coupon(id)))
        await Promise.all(
          requests.map(async ({ lines, buyer: n, coupon, points, balance, payment, path, fate }) => {
            const buyer = buyers[n]
            if (!buyer) throw new Error('two buyers')
            const couponId = coupon ? coupons[n] : undefined
            const input = shop.orderInput(
              buyer,
              lines.flatMap(([sku, quantity]) =>
                skus.slice(sku, sku + 1).map((id): [SkuId, number] => [id, quantity]),
              ),
              {
                points: String(points),
                balance: String(balance),
                payment,
                ...(couponId ? { couponId } : {}),
              },
            )
            const placed = path(input)
            // It may come before there is a row.
            if (fate === 'reject') await tried(() => reject(sql, input.orderId)).catch(() => {})
            await placed.catch((error: Error) => expect(error.name).toBe('StepUndone'))
            if (fate === 'close') await tried(() => closeOrder(sql, input.orderId, 'pay_timeout'))
          }),
        )
        await expectBooksToAddUp(sql)
      }),
      { numRuns: 25 },
    )
  })
})
