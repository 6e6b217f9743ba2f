import type { Sql } from '../db/types.ts'
import type { Ids } from '../domain/ids.ts'

/**
 * Makes the seeded shop ready for a run, also for one after many: full shelves, one piece of what there is
 * one piece of, money in the wallets (but for the empty ones, which the story needs empty), and for everybody
 * an unused coupon 501. All of it through the ledgers.
 */
export async function restock(sql: Sql, ids: Ids): Promise<void> {
  await sql`
    WITH wanted AS (
      SELECT sku_id, warehouse_id, CASE WHEN count(*) OVER (PARTITION BY sku_id) = 1 THEN 1
        ELSE 80 END - (on_hand - reserved) AS pieces
      FROM stock),
    received AS (
      UPDATE stock s SET on_hand = s.on_hand + w.pieces FROM wanted w
      WHERE s.sku_id = w.sku_id AND s.warehouse_id = w.warehouse_id AND w.pieces > 0
      RETURNING s.sku_id, s.warehouse_id, w.pieces)
    INSERT INTO stock_movements (sku_id, warehouse_id, kind, on_hand, reserved)
    SELECT sku_id, warehouse_id, 'received', pieces, 0
    FROM received`
  await sql`
    WITH filled AS (
      UPDATE wallets
      SET balance_fen = balance_fen + 100000
      WHERE balance_fen BETWEEN 1 AND 49999
      RETURNING user_id)
    INSERT INTO wallet_movements (user_id, kind, amount_fen) SELECT user_id, 'top_up', 100000 FROM filled`
  const without = await sql<{ id: string }[]>`
    SELECT id::text AS id
    FROM users u
    WHERE EXISTS (SELECT 1 FROM wallets w WHERE w.user_id = u.id)
      AND NOT EXISTS (SELECT 1 FROM user_coupons c WHERE c.user_id = u.id AND c.coupon_id = 501
      AND c.state = 'unused')`
  const given = without.map(({ id }) => ({ id: ids.next(), user: id }))
  await sql`
    INSERT INTO user_coupons (id, coupon_id, user_id)
    SELECT g.id, 501, g.user_id
    FROM unnest(
      ${given.map((g) => g.id)}::bigint[],
      ${given.map((g) => g.user)}::bigint[]) AS g (id, user_id)`
}

export type Goods = { sku: string; priceFen: bigint }
/** `coupon`: an unused 501, 10 yuan off goods from 49 on. */
export type Buyer = { id: string; addressId: string; balanceFen: bigint; points: bigint; coupon: string }
export type Cast = { goods: Goods[]; lastPieces: Goods[]; buyers: Buyer[]; broke: Buyer[] }

/** Who buys, and what there is. */
export async function castOf(sql: Sql): Promise<Cast> {
  const goods = await sql<(Goods & { last: boolean })[]>`
    SELECT k.id::text AS sku, k.price_fen AS "priceFen",
      (SELECT count(*) FROM stock s WHERE s.sku_id = k.id) = 1 AS last
    FROM skus k
    ORDER BY k.id`
  const buyers = await sql<Buyer[]>`
    SELECT u.id::text AS id, a.id::text AS "addressId", w.balance_fen AS "balanceFen", l.points,
           (SELECT max(c.id)::text
           FROM user_coupons c
           WHERE c.user_id = u.id AND c.coupon_id = 501 AND c.state = 'unused') AS coupon
    FROM users u
    JOIN addresses a ON a.user_id = u.id AND a.is_default
    JOIN wallets w ON w.user_id = u.id
    JOIN loyalty l ON l.user_id = u.id
    ORDER BY u.id`
  return {
    goods: goods.filter(({ last }) => !last),
    lastPieces: goods.filter(({ last }) => last),
    buyers: buyers.filter(({ balanceFen }) => balanceFen > 0n),
    broke: buyers.filter(({ balanceFen }) => balanceFen === 0n),
  }
}
