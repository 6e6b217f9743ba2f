import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SkuId } from '../../domain/ids.ts'
import { add, type Fen, fen, zero } from '../../domain/money.ts'
import { price } from '../../domain/price.ts'
import {
  type Purchase,
  type RefundChoice,
  type RefundParts,
  refundParts,
  remainder,
} from '../../domain/refund.ts'

/**
 * Two lines and shipping: 3 × ¥ 10.00 and 1 × ¥ 5.00, ¥ 10.00 to ship; a coupon, points and a part from the
 * wallet.
 */
const bought = (): Purchase => ({
  lines: [
    {
      line: 1,
      unitPrice: fen(1000),
      quantity: 3,
      coupon: fen(100),
      points: fen(50),
      balance: fen(700),
      refunded: 0,
    },
    {
      line: 2,
      unitPrice: fen(500),
      quantity: 1,
      coupon: zero,
      points: fen(10),
      balance: fen(100),
      refunded: 0,
    },
  ],
  shipping: fen(1000),
  balance: fen(1000),
  shippingRefunded: false,
})

const after = (order: Purchase, { lines }: RefundParts, choice: RefundChoice): Purchase => ({
  ...order,
  lines: order.lines.map((one) => ({
    ...one,
    refunded: one.refunded + (lines.find(({ line }) => line === one.line)?.quantity ?? 0),
  })),
  shippingRefunded: order.shippingRefunded || choice.shipping,
})

describe('a refund', () => {
  it('of everything gives back what each source paid', () => {
    // due: 30.00 − 1.00 − 0.50 − 7.00 = 21.50, 5.00 − 0.10 − 1.00 = 3.90, shipping 10.00 − 2.00 = 8.00
    expect(refundParts(bought(), remainder(bought()))).toMatchObject({
      amount: 3340n,
      balance: 1000n,
      points: 60n,
      shipping: 1000n,
      whole: true,
    })
  })

  it('of some pieces gives back their share of each source, the shipping fee only when it is asked for', () => {
    const order = bought()
    const one = refundParts(order, { lines: [{ line: 1, quantity: 1 }], shipping: false })
    expect(one).toMatchObject({ amount: 716n, balance: 233n, points: 16n, shipping: 0n, whole: false })
    expect(refundParts(order, { lines: [], shipping: true })).toMatchObject({
      amount: 800n,
      balance: 200n,
      points: 0n,
      shipping: 1000n,
      whole: false,
    })
  })

  it('is whole when nothing is left: the pieces, and the shipping fee where there was one', () => {
    const { lines } = remainder(bought())
    expect(refundParts(bought(), { lines, shipping: false }).whole).toBe(false)
    expect(refundParts(bought(), { lines, shipping: true }).whole).toBe(true)
    const refundedBefore = { ...bought(), shippingRefunded: true }
    expect(refundParts(refundedBefore, { lines, shipping: false }).whole).toBe(true)
  })

  it('of a fee of nothing is none: an order that shipped free is whole with its last piece', () => {
    const free = { ...bought(), shipping: zero, balance: fen(800) }
    const { lines, shipping } = remainder(free)
    expect(shipping).toBe(false)
    expect(refundParts(free, { lines, shipping: false }).whole).toBe(true)
    expect(refundParts(free, { lines: lines.slice(0, 1), shipping: true }).whole).toBe(false)
  })

  it('of more than is left is a fault of the caller', () => {
    for (const choice of [
      { line: 2, quantity: 2 },
      { line: 1, quantity: 0 },
      { line: 9, quantity: 1 },
    ])
      expect(() => refundParts(bought(), { lines: [choice], shipping: false })).toThrow(RangeError)
    const twoOfOne = { lines: [{ line: 2, quantity: 2 }], shipping: false }
    expect(() => refundParts(bought(), twoOfOne)).toThrow('line 2 has no 2 pieces to refund')
  })

  it.each([
    ['a piece of one line, as many as another has', [{ line: 1, quantity: 1 }]],
    ['all of one line', [{ line: 1, quantity: 3 }]],
    [
      'all of one line and a part of the other',
      [
        { line: 1, quantity: 2 },
        { line: 2, quantity: 1 },
      ],
    ],
  ])('of %s is not whole, with the shipping fee either', (_, lines) => {
    expect(refundParts(bought(), { lines, shipping: true }).whole).toBe(false)
  })

  it('of one of two lines with as many pieces is not whole', () => {
    const [first] = bought().lines
    if (!first) throw new Error('nothing is bought')
    const twins = { ...bought(), lines: [first, { ...first, line: 2 }], balance: fen(1600) }
    expect(refundParts(twins, { lines: [{ line: 1, quantity: 3 }], shipping: true }).whole).toBe(false)
  })

  it('in whatever pieces, adds up to exactly what was paid, and never takes a fen from anybody', () => {
    const line = fc.record({
      unitPrice: fc.integer({ min: 0, max: 99_999 }),
      quantity: fc.integer({ min: 1, max: 9 }),
    })
    const orders = fc.record({
      lines: fc.array(line, { minLength: 1, maxLength: 6 }),
      off: fc.integer({ min: 0, max: 20_000 }),
      points: fc.integer({ min: 0, max: 5000 }),
      balance: fc.integer({ min: 0, max: 200_000 }),
      fee: fc.integer({ min: 0, max: 2000 }),
      /** Which line goes back next, and how many of it. */
      turns: fc.array(
        fc.record({ which: fc.nat(), pieces: fc.integer({ min: 1, max: 9 }), shipping: fc.boolean() }),
        { maxLength: 30 },
      ),
    })
    fc.assert(
      fc.property(orders, ({ lines, off, points, balance, fee, turns }) => {
        const priced = price({
          lines: lines.map(({ unitPrice, quantity }, i) => ({
            sku: String(i + 1) as SkuId,
            unitPrice: fen(unitPrice),
            quantity,
          })), // Any decimal is one.
          rates: { '*': { fee: fen(fee), freeFrom: null } },
          province: '浙江',
          coupon: {
            ...{ does: { kind: 'amount_off', amount: fen(off) }, minimum: zero, scope: null },
            ...{ validFrom: new Date(0), validUntil: new Date(1) },
          },
          points: BigInt(points),
          balance: fen(balance),
        })
        let order: Purchase = {
          lines: lines.map(({ unitPrice, quantity }, i) => ({
            ...{ line: i + 1, unitPrice: fen(unitPrice), quantity, refunded: 0 },
            ...(priced.lines[i] ?? { coupon: zero, points: zero, balance: zero }),
          })),
          shipping: priced.shipping,
          balance: priced.balance,
          shippingRefunded: false,
        }
        const sums: { amount: Fen; balance: Fen; points: Fen } = { amount: zero, balance: zero, points: zero }
        const give = (choice: RefundChoice): boolean => {
          const parts = refundParts(order, choice)
          for (const source of ['amount', 'balance', 'points'] as const) {
            expect(parts[source]).toBeGreaterThanOrEqual(0n)
            sums[source] = add(sums[source], parts[source])
          }
          order = after(order, parts, choice)
          return parts.whole
        }
        for (const { which, pieces, shipping } of turns) {
          const { lines: left } = remainder(order)
          const next = left[which % Math.max(1, left.length)]
          if (next)
            give({
              lines: [{ line: next.line, quantity: Math.min(pieces, next.quantity) }],
              shipping: shipping && !order.shippingRefunded,
            })
        }
        const last = remainder(order)
        if (last.lines.length > 0 || last.shipping) expect(give(last)).toBe(true)
        expect(sums).toEqual({ amount: priced.due, balance: priced.balance, points: priced.points })
      }),
      { numRuns: 500 },
    )
  })
})
