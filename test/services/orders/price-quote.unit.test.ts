import { describe, expect, it } from 'vitest'
import type { HeldCoupon, QuoteFacts } from '../../../db/reads/quote-facts.ts'
import type { CouponId, SkuId } from '../../../domain/ids.ts'
import { fen, zero } from '../../../domain/money.ts'
import type { CouponTerms } from '../../../domain/price.ts'
import { priceQuote } from '../../../services/orders/price-quote.ts'

const home = { province: '浙江', isDefault: true } as QuoteFacts['addresses'][number] // All that a price needs.
const facts = (but: Partial<QuoteFacts> = {}): QuoteFacts => ({
  skus: [],
  addresses: [home],
  coupons: [],
  balance: zero,
  points: 0n,
  rates: { '*': { fee: '1000', freeFrom: '9900' }, 西藏: { fee: '2500', freeFrom: null } },
  ...but,
})
const lines = [
  { sku: '1' as SkuId, quantity: 2, live: { price: fen(1000) } }, // Any id.
  { sku: '2' as SkuId, quantity: 1, live: { price: fen(500) } },
]
const coupon = (does: CouponTerms['does'], but: Partial<CouponTerms> = {}, state = 'unused') =>
  ({
    ...{ id: '9' as CouponId, state },
    terms: {
      ...{ does, minimum: zero, scope: null },
      ...{ validFrom: new Date(0), validUntil: new Date('2100-01-01'), ...but },
    },
  }) as HeldCoupon // What a buyer holds, without what a page shows of it.
const off = (amount: number) => ({ kind: 'amount_off', amount: fen(amount) }) as const

describe('a quote', () => {
  it('is of the goods and of the fee to the default address', () => {
    const elsewhere = { province: '西藏', isDefault: false } as typeof home
    expect(priceQuote(lines, facts({ addresses: [elsewhere, home] }))).toMatchObject({
      ...{ goods: 2500n, shipping: 1000n, total: 3500n },
    })
    const there = facts({ addresses: [{ ...elsewhere, isDefault: true }] })
    expect(priceQuote(lines, there)).toMatchObject({ shipping: 2500n, total: 5000n })
  })

  it('has no fee before there is an address: the total is the goods', () => {
    expect(priceQuote(lines, facts({ addresses: [] }))).toMatchObject({
      ...{ goods: 2500n, shipping: null, total: 2500n },
    })
  })

  it.each([
    [-5n, 0n],
    [0n, 0n],
    [1n, 1n],
    [300n, 300n],
    [9999n, 1250n],
  ])('offers a buyer who has %s points the use of %s', (points, usable) => {
    expect(priceQuote(lines, facts({ points })).usablePoints).toBe(usable)
  })

  it('offers the balance as far as it is of use', () => {
    expect(priceQuote(lines, facts({ balance: fen(100) })).usableBalance).toBe(100n)
    expect(priceQuote(lines, facts({ balance: fen(99_999) })).usableBalance).toBe(3500n)
  })
})

describe('a coupon in a quote', () => {
  const priced = (held: HeldCoupon, but: Partial<QuoteFacts> = {}) =>
    priceQuote(lines, facts({ coupons: [held], ...but })).coupons[0]

  it('that fits says what it takes off, the fee with it, and the points that may then be used', () => {
    const held = coupon(off(500))
    expect(priced(held, { points: 9999n })).toEqual({
      ...{ held, id: '9', off: 500n, shipping: 1000n, usablePoints: 1000n },
    })
  })

  it('for free shipping takes the fee off, where there is one to know', () => {
    const held = coupon({ kind: 'free_shipping' })
    expect(priced(held)).toMatchObject({ off: 1000n, shipping: 0n })
    expect(priced(held, { addresses: [] })).toMatchObject({ off: 0n, shipping: null })
  })

  it('of another kind leaves the fee to be paid', () => {
    expect(priced(coupon(off(500)), { addresses: [] })).toMatchObject({ off: 500n, shipping: null })
  })

  it.each([
    ['used', coupon(off(1), {}, 'locked')],
    ['used', coupon(off(1), {}, 'used')],
    ['expired', coupon(off(1), { validUntil: new Date(1) })],
    ['below_minimum', coupon(off(1), { minimum: fen(2501) })],
    ['out_of_scope', coupon(off(1), { scope: ['3' as SkuId] })],
  ])('that does not fit says why: %s', (reason, held) => {
    expect(priced(held)).toEqual({ held, id: '9', reason })
  })
})
