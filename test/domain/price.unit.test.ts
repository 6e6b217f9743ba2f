import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SkuId } from '../../domain/ids.ts'
import { add, fen, zero } from '../../domain/money.ts'
import {
  type CouponTerms,
  couponProblem,
  type PriceInput,
  price,
  type ShippingRates,
} from '../../domain/price.ts'

const sku = (id: number): SkuId => String(id) as SkuId // Any decimal is a SKU's id here.
const line = (id: number, yuan: number, quantity = 1) => ({
  sku: sku(id),
  unitPrice: fen(Math.round(yuan * 100)),
  quantity,
})
const rates: ShippingRates = {
  '*': { fee: fen(1000), freeFrom: fen(9900) },
  西藏: { fee: fen(2500), freeFrom: null },
}
const terms = (does: CouponTerms['does'], more: Partial<CouponTerms> = {}): CouponTerms => ({
  does,
  minimum: zero,
  scope: null,
  validFrom: new Date('2026-01-01'),
  validUntil: new Date('2027-01-01'),
  ...more,
})
const input = (more: Partial<PriceInput>): PriceInput => ({
  lines: [line(1, 100)],
  rates,
  province: '浙江',
  points: 0n,
  balance: zero,
  ...more,
})
const summary = (more: Partial<PriceInput>) => {
  const { goods, shipping, coupon, points, balance, due } = price(input(more))
  return { goods, shipping, coupon, points, balance, due }
}

describe('golden examples', () => {
  it('two lines that ship free', () => {
    expect(summary({ lines: [line(1, 59.9, 2), line(2, 0.01, 3)] })).toEqual({
      goods: 11983n,
      shipping: 0n,
      coupon: 0n,
      points: 0n,
      balance: 0n,
      due: 11983n,
    })
  })

  it('a coupon that takes the goods below free shipping', () => {
    const coupon = terms({ kind: 'amount_off', amount: fen(200) })
    expect(summary({ coupon })).toEqual({
      goods: 10000n,
      shipping: 1000n,
      coupon: 200n,
      points: 0n,
      balance: 0n,
      due: 10800n,
    })
    expect(summary({ coupon: terms({ kind: 'amount_off', amount: fen(100) }) }).shipping).toBe(0n)
  })

  it('a percentage rounds down, and its cap holds', () => {
    const lines = [line(1, 33.33, 1)]
    expect(summary({ lines, coupon: terms({ kind: 'percent_off', percent: 15, cap: null }) }).coupon).toBe(
      499n,
    )
    expect(
      summary({ lines, coupon: terms({ kind: 'percent_off', percent: 15, cap: fen(300) }) }).coupon,
    ).toBe(300n)
  })

  it('coupon, points, balance and shipping together, split to the fen', () => {
    const order = price(
      input({
        lines: [line(1, 19.99, 1), line(2, 10, 2), line(3, 5, 1)],
        coupon: terms({ kind: 'percent_off', percent: 10, cap: null }, { scope: [sku(1), sku(2)] }),
        points: 1000n,
        balance: fen(2000),
      }),
    )
    // goods 44.99; 10 % of 39.99 is 3.99; points 10.00; shipping 10.00; left 41.00, of which the wallet pays
    // 20.00
    expect(order).toMatchObject({
      goods: 4499n,
      coupon: 399n,
      points: 1000n,
      shipping: 1000n,
      balance: 2000n,
      due: 2100n,
    })
    expect(order.lines.map((shares) => shares.coupon)).toEqual([199n, 200n, 0n])
    expect(add(...order.lines.map((shares) => shares.points))).toBe(1000n)
  })

  it('free shipping takes the fee off, also where none ships free', () => {
    expect(summary({ province: '西藏', coupon: terms({ kind: 'free_shipping' }) })).toMatchObject({
      shipping: 0n,
      coupon: 0n,
      due: 10000n,
    })
    expect(summary({ province: '西藏' })).toMatchObject({ shipping: 2500n, due: 12500n })
  })

  it('an amount off that exceeds the goods of its scope takes only those', () => {
    const coupon = terms({ kind: 'amount_off', amount: fen(5000) }, { scope: [sku(2)] })
    expect(summary({ lines: [line(1, 20), line(2, 30)], coupon })).toMatchObject({
      goods: 5000n,
      coupon: 3000n,
      shipping: 1000n,
      due: 3000n,
    })
  })

  it('a coupon for goods that cost nothing takes nothing', () => {
    const coupon = terms({ kind: 'amount_off', amount: fen(500) }, { scope: [sku(2)] })
    expect(summary({ lines: [line(1, 20), line(2, 0)], coupon })).toMatchObject({ coupon: 0n, due: 3000n })
  })

  it('points pay at most half of the goods after the coupon, rounded down, and no shipping', () => {
    expect(summary({ lines: [line(1, 0.33)], points: 100n })).toMatchObject({
      goods: 33n,
      points: 16n,
      shipping: 1000n,
      due: 1017n,
    })
  })

  it('the balance may pay everything, shipping too', () => {
    expect(summary({ lines: [line(1, 20)], balance: fen(99999) })).toMatchObject({ balance: 3000n, due: 0n })
  })

  it('a province without a row takes the row of all, and ships free without either', () => {
    expect(summary({ lines: [line(1, 20)], province: '青海' }).shipping).toBe(1000n)
    expect(summary({ lines: [line(1, 20)], rates: {} }).shipping).toBe(0n)
  })
})

describe('a coupon that does not fit', () => {
  const now = new Date('2026-06-01')
  const off = { kind: 'amount_off', amount: fen(100) } as const

  it('is expired at its last moment, and before its first', () => {
    expect(couponProblem(terms(off), [line(1, 1)], new Date('2027-01-01'))).toBe('expired')
    expect(couponProblem(terms(off), [line(1, 1)], new Date('2025-12-31'))).toBe('expired')
    expect(couponProblem(terms(off), [line(1, 1)], now)).toBeUndefined()
    expect(couponProblem(terms(off), [line(1, 1)], new Date('2026-01-01'))).toBeUndefined()
  })

  it('is out of scope, or below its minimum counted over its scope alone', () => {
    expect(couponProblem(terms(off, { scope: [sku(9)] }), [line(1, 100)], now)).toBe('out_of_scope')
    const mine = terms(off, { scope: [sku(1)], minimum: fen(2000) })
    expect(couponProblem(mine, [line(1, 19.99), line(2, 500)], now)).toBe('below_minimum')
    expect(couponProblem(mine, [line(1, 10, 2)], now)).toBeUndefined()
  })
})

describe('whatever is bought', () => {
  const amount = fc.bigInt({ min: 0n, max: 1_000_000n }).map(fen)
  const does = fc.oneof(
    fc.record({ kind: fc.constant('amount_off' as const), amount }),
    fc.record({
      kind: fc.constant('percent_off' as const),
      percent: fc.integer({ min: 1, max: 100 }),
      cap: fc.option(amount),
    }),
    fc.record({ kind: fc.constant('free_shipping' as const) }),
  )
  const scope = fc.option(fc.uniqueArray(fc.integer({ min: 1, max: 5 }).map(sku), { maxLength: 3 }))
  const order: fc.Arbitrary<PriceInput> = fc.record({
    lines: fc.array(
      fc.record({
        sku: fc.integer({ min: 1, max: 5 }).map(sku),
        unitPrice: amount,
        quantity: fc.integer({ min: 1, max: 999 }),
      }),
      {
        minLength: 1,
        maxLength: 8,
      },
    ),
    rates: fc.record({ '*': fc.record({ fee: amount, freeFrom: fc.option(amount) }) }),
    province: fc.constant('浙江'),
    coupon: fc.option(
      fc.tuple(does, scope).map(([what, only]) => terms(what, { scope: only })),
      { nil: undefined },
    ),
    points: fc.bigInt({ min: 0n, max: 10n ** 9n }),
    balance: fc.bigInt({ min: 0n, max: 10n ** 10n }).map(fen),
  })

  it('the amounts add up and none is negative', () => {
    fc.assert(
      fc.property(order, (given) => {
        const is = price(given)
        expect(is.goods + is.shipping - is.coupon - is.points - is.balance).toBe(is.due)
        expect(
          [is.goods, is.shipping, is.coupon, is.points, is.balance, is.due].every((part) => part >= 0n),
        ).toBe(true)
      }),
    )
  })

  it('the lines carry the deductions to the fen: none below zero, none beyond its line', () => {
    fc.assert(
      fc.property(order, (given) => {
        const is = price(given)
        expect(add(...is.lines.map((shares) => shares.coupon))).toBe(is.coupon)
        expect(add(...is.lines.map((shares) => shares.points))).toBe(is.points)
        const ofShipping = is.balance - add(...is.lines.map((shares) => shares.balance))
        expect(ofShipping >= 0n && ofShipping <= is.shipping).toBe(true)
        is.lines.forEach((shares, i) => {
          const { unitPrice = zero, quantity = 0 } = given.lines[i] ?? {}
          expect(shares.coupon >= 0n && shares.points >= 0n && shares.balance >= 0n).toBe(true)
          expect(shares.coupon + shares.points + shares.balance <= unitPrice * BigInt(quantity)).toBe(true)
        })
      }),
    )
  })

  it('points pay at most half of what the coupon left', () => {
    fc.assert(
      fc.property(order, (given) => {
        const is = price(given)
        expect(is.points * 2n <= is.goods - is.coupon).toBe(true)
        expect(is.points <= given.points).toBe(true)
      }),
    )
  })

  it('a coupon takes nothing off the goods outside its scope', () => {
    fc.assert(
      fc.property(order, (given) => {
        const only = given.coupon?.scope ?? null
        if (only === null) return
        price(given).lines.forEach((shares, i) => {
          const bought = given.lines[i]
          if (bought && !only.includes(bought.sku)) expect(shares.coupon).toBe(0n)
        })
      }),
    )
  })
})
