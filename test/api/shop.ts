import type { Db } from '../../db/client.ts'
import type { CouponId, Ids, SkuId, UserId } from '../../domain/ids.ts'

export type Goods = { product: string; sku: SkuId }

/** Puts goods on the shelf: one product with one SKU. */
export async function stockGoods(
  { sql }: Db,
  ids: Ids,
  { price = 1999, pieces = 10, onSale = true, name = 'Tea' } = {},
): Promise<Goods> {
  const product = ids.next()
  const sku = ids.next() as SkuId // A fresh snowflake.
  await sql`INSERT INTO products (id, name) VALUES (${product}, ${name})`
  await sql`
    INSERT INTO skus (id, product_id, name, image, attributes, price_fen, on_sale)
    VALUES (${sku}, ${product}, ${`${name} 250 g`}, '/tea.png', ${JSON.stringify({ weight: '250 g' })}::jsonb,
      ${price}, ${onSale})`
  await sql`
    INSERT INTO warehouses (id, name, priority)
    VALUES (1, 'East', 1), (2, 'West', 2)
    ON CONFLICT DO NOTHING`
  await sql`
    INSERT INTO stock (sku_id, warehouse_id, on_hand, reserved)
    VALUES (${sku}, 1, ${pieces}, 0), (${sku}, 2, 5, 5)`
  return { product, sku }
}

/** A flat fee that falls away from an amount on, except for one province. */
export async function setRates({ sql }: Db): Promise<void> {
  await sql`
    INSERT INTO shipping_rates (province, fee_fen, free_from_fen)
    VALUES ('*', 1000, 9900), ('浙江', 1000, 9900), ('西藏', 2500, NULL)
    ON CONFLICT DO NOTHING`
}

type Kind = {
  kind: 'amount_off' | 'percent_off' | 'free_shipping'
  amount?: number
  percent?: number
  cap?: number
}
type Terms = Kind & { minimum?: number; scope?: SkuId[]; until?: Date; state?: 'unused' | 'used' }

/** Gives a buyer a coupon. */
export async function giveCoupon(
  { db: { sql }, ids }: { db: Db; ids: Ids },
  buyer: UserId,
  terms: Terms,
): Promise<CouponId> {
  const coupon = ids.next()
  const held = ids.next() as CouponId // A fresh snowflake.
  const {
    kind,
    amount = null,
    percent = null,
    cap = null,
    minimum = 0,
    scope = null,
    state = 'unused',
  } = terms
  const until = terms.until ?? new Date(Date.now() + 86_400_000)
  await sql`
    INSERT INTO coupons (id, name, kind, amount_fen, percent, cap_fen, minimum_fen, valid_from, valid_until,
      scope)
    VALUES (${coupon}, ${kind}, ${kind}, ${amount}, ${percent}, ${cap}, ${minimum}, '2020-01-01', ${until},
      ${scope}::bigint[])`
  await sql`
    INSERT INTO user_coupons (id, coupon_id, user_id, state, order_id)
    VALUES (${held}, ${coupon}, ${buyer}, ${state}, ${state === 'used' ? ids.next() : null})`
  return held
}

/** A buyer with money in the wallet and points. */
export async function endow(
  { sql }: Db,
  buyer: UserId,
  { balance, points }: { balance: number; points: number },
): Promise<void> {
  await sql`INSERT INTO users (id) VALUES (${buyer}) ON CONFLICT DO NOTHING`
  await sql`INSERT INTO wallets (user_id, balance_fen) VALUES (${buyer}, ${balance})`
  await sql`INSERT INTO loyalty (user_id, points) VALUES (${buyer}, ${points})`
}

export const home = {
  name: '张三',
  phone: '13800138000',
  province: '浙江',
  city: '杭州',
  district: '西湖',
  street: '文三路 1 号',
}
