import type { CouponId, SkuId, UserId } from '../../domain/ids.ts'
import { type Fen, fen } from '../../domain/money.ts'
import type { CouponTerms } from '../../domain/price.ts'
import type { QuotedRates } from '../../domain/quote.ts'
import type { Sql } from '../types.ts'
import type { Address } from './addresses.ts'
import type { LiveSku } from './catalogue.ts'
import { type CouponTermsRow, couponTerms } from './coupon-terms.ts'

/** Everything that a confirm page shows of a buyer and of the goods, as it is at one moment. */
export type QuoteFacts = {
  skus: LiveSku[]
  addresses: Address[]
  coupons: HeldCoupon[]
  balance: Fen
  points: bigint
  rates: QuotedRates
}

export type HeldCoupon = {
  id: CouponId
  name: string
  state: 'unused' | 'locked' | 'used'
  terms: CouponTerms
}

/** As JSON brings them: ids and amounts as text. */
type Row = {
  skus: (Omit<LiveSku, 'price' | 'productId' | 'sales'> & {
    price: string
    productId: string
    sales: string
  })[]
  addresses: Address[]
  coupons: CouponRow[]
  balance: bigint
  points: bigint
  rates: QuotedRates
}
type CouponRow = Omit<HeldCoupon, 'terms'> & CouponTermsRow

/**
 * One statement, so one snapshot and one round trip. Shows the newest hundred of the buyer's coupons, those
 * that can still be used first.
 */
export async function readQuoteFacts(sql: Sql, buyer: UserId, skus: readonly SkuId[]): Promise<QuoteFacts> {
  const [row] = await sql<Row[]>`
    SELECT
      COALESCE((
        SELECT jsonb_agg(
          jsonb_build_object(
            'id', k.id::text,
            'productId', k.product_id::text,
            'name', k.name,
            'image', k.image,
            'attributes', k.attributes,
            'price', k.price_fen::text,
            'onSale', k.on_sale,
            'sales', k.sales::text,
            'stock', COALESCE((SELECT sum(s.on_hand - s.reserved) FROM stock s WHERE s.sku_id = k.id), 0)
          ))
        FROM skus k
        WHERE k.id = ANY(${skus as SkuId[]}::bigint[])
      ), '[]') AS skus,
      COALESCE((
        SELECT jsonb_agg(
          jsonb_build_object(
            'id', a.id::text,
            'name', a.name,
            'phone', a.phone,
            'province', a.province,
            'city', a.city,
            'district', a.district,
            'street', a.street,
            'postCode', a.post_code,
            'label', a.label,
            'isDefault', a.is_default
          ) ORDER BY a.is_default DESC, a.id DESC)
        FROM addresses a
        WHERE a.user_id = ${buyer}
      ), '[]') AS addresses,
      COALESCE((
        SELECT jsonb_agg(h.coupon)
        FROM (
          SELECT jsonb_build_object(
                   'id', h.id::text,
                   'name', c.name,
                   'state', h.state,
                   'kind', c.kind,
                   'amount', c.amount_fen::text,
                   'percent', c.percent,
                   'cap', c.cap_fen::text,
                   'minimum', c.minimum_fen::text,
                   'from', c.valid_from,
                   'until', c.valid_until,
                   'scope', c.scope::text[]
                 ) AS coupon
          FROM user_coupons h
          JOIN coupons c ON c.id = h.coupon_id
          WHERE h.user_id = ${buyer}
          ORDER BY h.state = 'unused' AND c.valid_until > now() DESC, h.id DESC
          LIMIT 100
        ) h
      ), '[]') AS coupons,
      COALESCE((SELECT balance_fen FROM wallets WHERE user_id = ${buyer}), 0) AS balance,
      COALESCE((SELECT points FROM loyalty WHERE user_id = ${buyer}), 0) AS points,
      COALESCE((
        SELECT jsonb_object_agg(
          province,
          jsonb_build_object('fee', fee_fen::text, 'freeFrom', free_from_fen::text))
        FROM shipping_rates
      ), '{}') AS rates`
  if (!row) throw new Error('a SELECT without FROM answered no row')
  return {
    ...row,
    skus: row.skus.map((sku) => ({
      ...sku,
      price: fen(sku.price),
      productId: BigInt(sku.productId),
      sales: BigInt(sku.sales),
    })),
    coupons: row.coupons.map(heldCoupon),
    balance: fen(row.balance),
  }
}

const heldCoupon = ({ id, name, state, ...row }: CouponRow): HeldCoupon => ({
  id,
  name,
  state,
  terms: couponTerms(row),
})
