import type { Db } from '../db/client.ts'
import type { AddressId, Ids, SkuId, UserId } from '../domain/ids.ts'

export type Buyer = { id: UserId; address: AddressId; coupon: string }
export type Shop = { buyers: Buyer[]; skus: SkuId[] }

/** The warehouse that holds everything. */
export const warehouse = 9001
const buyers = 60
const skus = 40

/** A shop that never runs out: many buyers, each with an address, a coupon, money and points. */
export async function makeShop({ sql }: Db, ids: Ids): Promise<Shop> {
  const shop: Shop = {
    buyers: Array.from({ length: buyers }, () => ({
      id: ids.next() as UserId,
      address: ids.next() as AddressId,
      coupon: ids.next(),
    })),
    skus: Array.from({ length: skus }, () => ids.next() as SkuId),
  }
  const [product, coupon] = [ids.next(), ids.next()]
  const people = shop.buyers.map((buyer) => buyer.id)
  await sql.begin(async (tx) => {
    await tx`INSERT INTO users (id) SELECT unnest(${people}::bigint[])`
    await tx`
      INSERT INTO addresses (id, user_id, name, phone, province, city, district, street)
      SELECT a, u, 'Bench', '13800000000', '广东省', '深圳市', '南山区', '1'
      FROM unnest(${shop.buyers.map((b) => b.address)}::bigint[], ${people}::bigint[]) AS t (a, u)`
    await tx`INSERT INTO wallets (user_id, balance_fen) SELECT unnest(${people}::bigint[]), 100000000`
    await tx`
      INSERT INTO wallet_movements (user_id, kind, amount_fen)
      SELECT unnest(${people}::bigint[]), 'top_up', 100000000`
    await tx`INSERT INTO loyalty (user_id, points) SELECT unnest(${people}::bigint[]), 100000000`
    await tx`
      INSERT INTO points_movements (user_id, kind, points)
      SELECT unnest(${people}::bigint[]), 'gift', 100000000`
    await tx`INSERT INTO products (id, name) VALUES (${product}, 'Bench')`
    await tx`
      INSERT INTO skus (id, product_id, name, price_fen)
      SELECT unnest(${shop.skus}::bigint[]), ${product}, 'Bench', 5000`
    await tx`INSERT INTO warehouses (id, name, priority) VALUES (${warehouse}, 'Bench', 1) ON CONFLICT DO NOTHING`
    await tx`
      INSERT INTO stock (sku_id, warehouse_id, on_hand)
      SELECT unnest(${shop.skus}::bigint[]), ${warehouse}, 10000000`
    await tx`
      INSERT INTO stock_movements (sku_id, warehouse_id, kind, on_hand, reserved)
      SELECT unnest(${shop.skus}::bigint[]), ${warehouse}, 'received', 10000000, 0`
    await tx`
      INSERT INTO coupons (id, name, kind, amount_fen, valid_from, valid_until)
      VALUES (${coupon}, 'Bench', 'amount_off', 500, now() - interval '1 day', now() + interval '1 day')`
    await tx`
      INSERT INTO user_coupons (id, coupon_id, user_id)
      SELECT h, ${coupon}, u
      FROM unnest(${shop.buyers.map((b) => b.coupon)}::bigint[], ${people}::bigint[]) AS t (h, u)`
  })
  return shop
}
