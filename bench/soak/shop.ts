import type { Db } from '../../db/client.ts'
import type { Ids } from '../../domain/ids.ts'

export type Buyer = { id: string; address: string; coupons: string[] }
export type SoakShop = {
  buyers: Buyer[]
  /** Who joins flash sales. */
  crowd: Buyer[]
  skus: string[]
  /** Of these there are a few pieces each, for everybody. */
  scarce: string[]
  warehouse: number
}

const [buyers, crowd, skus, scarce, couponsEach] = [80, 200, 30, 4, 100]
const [firstWarehouse, secondWarehouse] = [1, 2]

/**
 * A shop that lasts for hours: deep shelves, full wallets (each tenth is empty), coupons, points; and a few
 * goods that are always about to run out.
 */
export async function makeSoakShop({ sql }: Db, ids: Ids): Promise<SoakShop> {
  const people = (count: number): Buyer[] =>
    Array.from({ length: count }, () => ({ id: ids.next(), address: ids.next(), coupons: [] }))
  const shop: SoakShop = {
    buyers: people(buyers).map((buyer) => ({
      ...buyer,
      coupons: Array.from({ length: couponsEach }, () => ids.next()),
    })),
    crowd: people(crowd),
    skus: Array.from({ length: skus }, () => ids.next()),
    scarce: Array.from({ length: scarce }, () => ids.next()),
    warehouse: firstWarehouse,
  }
  const everybody = [...shop.buyers, ...shop.crowd]
  const [product, off, percent] = [ids.next(), ids.next(), ids.next()]
  const wallets = shop.buyers.map((_, n) => (n % 10 === 9 ? 0 : 100_000_000))
  await sql.begin(async (tx) => {
    await tx`INSERT INTO users (id) SELECT unnest(${everybody.map(({ id }) => id)}::bigint[])`
    await tx`
      INSERT INTO addresses (id, user_id, name, phone, province, city, district, street, is_default)
      SELECT a, u, '张三', '13800000000', '广东省', '深圳市', '南山区', '1 号', true
      FROM unnest(
        ${everybody.map(({ address }) => address)}::bigint[],
        ${everybody.map(({ id }) => id)}::bigint[]) AS t (a, u)`
    await tx`
      WITH owners AS (
        SELECT *
        FROM unnest(
          ${shop.buyers.map(({ id }) => id)}::bigint[],
          ${wallets}::bigint[]) AS t (user_id, fen)),
      wallet AS (
        INSERT INTO wallets (user_id, balance_fen)
        SELECT user_id, fen FROM owners),
      topped_up AS (
        INSERT INTO wallet_movements (user_id, kind, amount_fen)
        SELECT user_id, 'top_up', fen FROM owners WHERE fen > 0),
      loyal AS (
        INSERT INTO loyalty (user_id, points)
        SELECT user_id, 1000000 FROM owners)
      INSERT INTO points_movements (user_id, kind, points)
      SELECT user_id, 'gift', 1000000 FROM owners`
    await tx`INSERT INTO products (id, name) VALUES (${product}, '龙井茶')`
    await tx`
      INSERT INTO skus (id, product_id, name, price_fen)
      SELECT id, ${product}, '龙井茶', 990 + 1230 * n
      FROM unnest(${[...shop.skus, ...shop.scarce]}::bigint[]) WITH ORDINALITY AS t (id, n)`
    await tx`
      INSERT INTO warehouses (id, name, priority)
      VALUES (${firstWarehouse}, 'East', 1), (${secondWarehouse}, 'West', 2)`
    await tx`INSERT INTO shipping_rates (province, fee_fen, free_from_fen) VALUES ('*', 1000, 20000)`
    await tx`
      WITH shelves AS (
        SELECT sku, warehouse, pieces
        FROM unnest(${shop.skus}::bigint[]) sku
        CROSS JOIN (VALUES (${firstWarehouse}::int, 500000), (${secondWarehouse}::int, 500000))
          AS w (warehouse, pieces)
        UNION ALL
        SELECT sku, warehouse, pieces
        FROM unnest(${shop.scarce}::bigint[]) sku
        CROSS JOIN (VALUES (${firstWarehouse}::int, 2), (${secondWarehouse}::int, 3))
          AS w (warehouse, pieces)),
      put AS (
        INSERT INTO stock (sku_id, warehouse_id, on_hand)
        SELECT sku, warehouse, pieces FROM shelves)
      INSERT INTO stock_movements (sku_id, warehouse_id, kind, on_hand, reserved)
      SELECT sku, warehouse, 'received', pieces, 0 FROM shelves`
    await tx`
      INSERT INTO coupons (id, name, kind, amount_fen, percent, valid_from, valid_until)
      VALUES (${off}, '减 5', 'amount_off', 500, NULL, now() - interval '1 day', now() + interval '7 days'),
             (${percent}, '九折', 'percent_off', NULL, 10, now() - interval '1 day', now() + interval '7 days')`
    for (const buyer of shop.buyers)
      await tx`
        INSERT INTO user_coupons (id, coupon_id, user_id)
        SELECT id, CASE WHEN n % 2 = 0 THEN ${off}::bigint ELSE ${percent}::bigint END, ${buyer.id}
        FROM unnest(${buyer.coupons}::bigint[]) WITH ORDINALITY AS t (id, n)`
  })
  return shop
}
