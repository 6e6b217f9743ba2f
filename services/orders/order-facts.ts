import { pipelined } from '../../db/pipelined.ts'
import type { CouponTermsRow } from '../../db/reads/coupon-terms.ts'
import type { Tx } from '../../db/types.ts'
import type { AddressSnapshot } from '../../domain/address.ts'
import type { SkuId } from '../../domain/ids.ts'
import { kinds } from '../../domain/order.ts'
import type { OrderInput } from '../../domain/order-input.ts'
import type { UnpaidHoldings } from '../../domain/order-limits.ts'
import type { QuotedRates } from '../../domain/quote.ts'

/**
 * What placing needs to know of goods and buyer, at one moment. Amounts are fen as text: JSON brings them.
 */
export type OrderFacts = {
  skus: SkuFacts[]
  address: AddressSnapshot | null
  /** Null: there is no such buyer. */
  blocked: boolean | null
  coupon: CouponFacts | null
  rates: QuotedRates
  /** Null where no limits are given. */
  held: UnpaidHoldings | null
}
type SkuFacts = {
  id: SkuId
  name: string
  image: string
  attributes: Record<string, string>
  price: string
  onSale: boolean
}
export type CouponFacts = CouponTermsRow & { owner: string; state: 'unused' | 'locked' | 'used' }

/**
 * Reads what an order is checked against. A flash order costs what its offer says. Where limits are given,
 * the buyer's row is locked first: of several orders placed at once, each counts those before it.
 */
export async function readFacts(tx: Tx, input: OrderInput): Promise<OrderFacts> {
  const facts = selectFacts(tx, input)
  const [row] =
    input.limits === undefined ? await facts : (await pipelined(tx, [lockBuyer(tx, input), facts]))[1]
  if (!row) throw new Error('a SELECT without FROM answered no row')
  return row
}

async function lockBuyer(tx: Tx, { buyerId }: OrderInput): Promise<void> {
  await tx`
    SELECT 1
    FROM users
    WHERE id = ${buyerId}
    FOR NO KEY UPDATE`
}

const selectFacts = (tx: Tx, input: OrderInput) => tx<OrderFacts[]>`
  WITH home AS (
    SELECT *
    FROM addresses
    WHERE id = ${input.addressId} AND user_id = ${input.buyerId})
  SELECT
    (SELECT blocked FROM users WHERE id = ${input.buyerId}) AS blocked,
    (SELECT jsonb_build_object(
              'name', name, 'phone', phone, 'province', province, 'city', city,
              'district', district, 'street', street, 'postCode', post_code, 'label', label)
     FROM home) AS address,
    COALESCE((
      SELECT jsonb_agg(jsonb_build_object(
               'id', k.id::text, 'name', k.name, 'image', k.image, 'attributes', k.attributes,
               'price', COALESCE(f.price_fen, k.price_fen)::text,
               'onSale', k.on_sale OR f.sku_id IS NOT NULL))
      FROM skus k
      LEFT JOIN offers f ON f.sku_id = k.id AND f.session_id = ${input.session ?? null}
      WHERE k.id = ANY(${input.lines.map((line) => line.sku)}::bigint[])), '[]') AS skus,
    (SELECT jsonb_build_object(
              'owner', h.user_id::text, 'state', h.state,
              'kind', c.kind, 'amount', c.amount_fen::text, 'percent', c.percent,
              'cap', c.cap_fen::text, 'minimum', c.minimum_fen::text,
              'from', c.valid_from, 'until', c.valid_until, 'scope', c.scope::text[])
     FROM user_coupons h
     JOIN coupons c ON c.id = h.coupon_id
     WHERE h.id = ${input.couponId ?? null}) AS coupon,
    COALESCE((
      SELECT jsonb_object_agg(
               province, jsonb_build_object('fee', fee_fen::text, 'freeFrom', free_from_fen::text))
      FROM shipping_rates
      WHERE province = '*' OR province = (SELECT province FROM home)), '{}') AS rates,
    ${input.limits === undefined ? tx`NULL::jsonb` : unpaidHoldings(tx, input)} AS held`

/**
 * Of orders from the cart: a flash order has its offer's limit. The condition is the one of the index
 * `orders_unpaid`.
 */
const unpaidHoldings = (tx: Tx, { orderId, buyerId }: OrderInput) => tx`(
      WITH unpaid AS (
        SELECT id, payment
        FROM orders
        WHERE buyer_id = ${buyerId}
          AND (status IN ('placing', 'awaiting_payment', 'closing') OR pay_state = 'on_delivery')
          AND kind = ${kinds.normal}
          AND id <> ${orderId}),
      pieces AS (
        SELECT l.sku_id, sum(l.quantity) AS pieces
        FROM unpaid u
        JOIN order_lines l ON l.order_id = u.id
        GROUP BY 1)
      SELECT jsonb_build_object(
               'orders', (SELECT count(*) FROM unpaid WHERE payment = 'online'),
               'onDelivery', (SELECT count(*) FROM unpaid WHERE payment = 'on_delivery'),
               'pieces', COALESCE((SELECT jsonb_object_agg(sku_id, pieces) FROM pieces), '{}')))`
