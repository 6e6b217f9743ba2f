import type { Sql } from '../../db/types.ts'
import type { Ids, SkuId } from '../../domain/ids.ts'
import type { CrowdBuyer } from '../crowd/plan.ts'

export const crowdSize = 5000
export const pieces = 100
const firstBuyer = 500_001

/** The crowd's buyers, made once: each with an address, nothing in the wallet. */
export async function crowdOf(sql: Sql): Promise<CrowdBuyer[]> {
  const last = firstBuyer + crowdSize - 1
  await sql`
    INSERT INTO users (id)
    SELECT generate_series(${firstBuyer}::bigint, ${last}::bigint)
    ON CONFLICT DO NOTHING`
  await sql`
    INSERT INTO addresses (id, user_id, name, phone, province, city, district, street, is_default)
    SELECT id, id, '抢购者', '13900000000', '浙江省', '杭州市', '西湖区', '文三路 1 号', true
    FROM generate_series(${firstBuyer}::bigint, ${last}::bigint) id
    ON CONFLICT DO NOTHING`
  return Array.from({ length: crowdSize }, (_, n) => ({
    id: String(firstBuyer + n),
    addressId: String(firstBuyer + n),
  }))
}

/** A SKU with so many pieces on one shelf. */
export async function dropOf(sql: Sql, ids: Ids): Promise<{ sku: SkuId; warehouse: number }> {
  const sku = ids.next() as SkuId // A fresh snowflake.
  const [shelf] = await sql<{ warehouse: number }[]>`
    WITH product AS (
      INSERT INTO products (id, name)
      VALUES (${ids.next()}, '限量茶饼 Limited tea cake')
      RETURNING id),
    sku AS (
      INSERT INTO skus (id, product_id, name, price_fen)
      SELECT ${sku}, id, '限量茶饼 Limited tea cake, 357 g', 29900
      FROM product
      RETURNING id),
    shelf AS (
      INSERT INTO stock (sku_id, warehouse_id, on_hand)
      SELECT sku.id, (SELECT id FROM warehouses ORDER BY priority LIMIT 1), ${pieces}
      FROM sku
      RETURNING sku_id, warehouse_id),
    received AS (
      INSERT INTO stock_movements (sku_id, warehouse_id, kind, on_hand, reserved)
      SELECT sku_id, warehouse_id, 'received', ${pieces}, 0
      FROM shelf)
    SELECT warehouse_id AS warehouse FROM shelf`
  if (!shelf) throw new Error('the seeded shop has no warehouse')
  return { sku, warehouse: shelf.warehouse }
}
