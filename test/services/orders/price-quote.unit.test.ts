import { expect, it } from 'vitest'
import type { QuoteFacts } from '../../../db/reads/quote-facts.ts'
import type { SkuId } from '../../../domain/ids.ts'
import { fen, zero } from '../../../domain/money.ts'
import { priceQuote } from '../../../services/orders/price-quote.ts'

const facts = (points: bigint): QuoteFacts => ({
  skus: [],
  addresses: [],
  coupons: [],
  balance: zero,
  points,
  rates: {},
})
const lines = [{ sku: '1' as SkuId, quantity: 1, live: { price: fen(1000) } }] // Any id.

it.each([
  [-5n, 0n],
  [0n, 0n],
  [300n, 300n],
])('offers a buyer who has %s points the use of %s', (points, usable) => {
  expect(priceQuote(lines, facts(points)).usablePoints).toBe(usable)
})
