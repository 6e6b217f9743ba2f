import type { Sql, Tx } from '../../db/types.ts'
import type { NewOffer } from '../../domain/flash-sale.ts'
import type { SessionId, SkuId } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusals.ts'

/** A session as an operator plans it. */
export type SessionPlan = {
  id: SessionId
  opensAt: Date
  endsAt: Date
  payWithinMs: number
  /** How long a buyer who let a ticket go unpaid may not join its offer again, ms. */
  coolOffMs: number
  captcha: boolean
  offers: readonly NewOffer[]
}

/**
 * Writes a session and its offers, once.
 * @returns false when the same one was there
 * @throws {Refused} session_exists when another one was
 */
export function insertSession(sql: Sql, plan: SessionPlan): Promise<boolean> {
  const { id, opensAt, endsAt, payWithinMs, coolOffMs, captcha, offers } = plan
  return sql.begin(async (tx) => {
    const fresh = await tx`
      INSERT INTO sessions (id, opens_at, ends_at, pay_within_ms, cool_off_ms, captcha)
      VALUES (${id}, ${opensAt}, ${endsAt}, ${payWithinMs}, ${coolOffMs}, ${captcha})
      ON CONFLICT DO NOTHING`
    if (fresh.count === 0) {
      if (contentOf(await planOf(tx, id)) !== contentOf(plan)) refuse('session_exists', { session: id })
      return false
    }
    await tx`
      INSERT INTO offers (session_id, sku_id, warehouse_id, price_fen, quota, buyer_limit)
      SELECT ${id}, o.sku, o.warehouse, o."priceFen", o.quota, o."limit"
      FROM jsonb_to_recordset(${JSON.stringify(offers)}::jsonb)
        AS o (sku bigint, warehouse int, "priceFen" bigint, quota int, "limit" int)`
    return true
  })
}

async function planOf(tx: Tx, id: SessionId): Promise<SessionPlan | undefined> {
  const [plan] = await tx<SessionPlan[]>`
    SELECT id,
           opens_at AS "opensAt",
           ends_at AS "endsAt",
           pay_within_ms AS "payWithinMs",
           cool_off_ms AS "coolOffMs",
           captcha,
           coalesce((SELECT jsonb_agg(jsonb_build_object(
                              'sku', sku_id::text,
                              'priceFen', price_fen::text,
                              'quota', quota,
                              'limit', buyer_limit,
                              'warehouse', warehouse_id))
                     FROM offers
                     WHERE session_id = ${id}), '[]') AS offers
    FROM sessions
    WHERE id = ${id}`
  return plan
}

/** What a plan says, as a text to compare. */
function contentOf(plan: SessionPlan | undefined): string | undefined {
  if (!plan) return undefined
  const { opensAt, endsAt, payWithinMs, coolOffMs, captcha } = plan
  const offers = [...plan.offers]
    .sort((a, b) => a.sku.localeCompare(b.sku))
    .map(({ sku, priceFen, quota, limit, warehouse }) => [sku, priceFen, quota, limit, warehouse])
  return JSON.stringify([opensAt.getTime(), endsAt.getTime(), payWithinMs, coolOffMs, captcha, offers])
}

/** Of these offers' SKUs and warehouses, those that do not exist. */
export async function unknownIn(
  sql: Sql,
  offers: readonly NewOffer[],
): Promise<{ skus: SkuId[]; warehouses: number[] }> {
  const skus = offers.map(({ sku }) => sku)
  const warehouses = offers.map(({ warehouse }) => warehouse)
  const [unknown] = await sql<{ skus: SkuId[]; warehouses: number[] }[]>`
    SELECT ARRAY(SELECT named::text
                 FROM unnest(${skus}::bigint[]) AS named
                 WHERE NOT EXISTS (SELECT 1 FROM skus WHERE id = named)) AS skus,
           ARRAY(SELECT named
                 FROM unnest(${warehouses}::int[]) AS named
                 WHERE NOT EXISTS (SELECT 1 FROM warehouses WHERE id = named)) AS warehouses`
  return unknown ?? { skus: [], warehouses: [] }
}
