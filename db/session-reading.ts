import type { SessionId, SkuId } from '../domain/ids.ts'
import type { SessionPhase } from '../domain/seckill.ts'
import type { Sql, Tx } from './client.ts'

/** What became of an offer. Pieces. */
export type OfferReport = {
  sku: SkuId
  name: string
  /** Out of the warehouse, less what went back. */
  quota: number
  granted: number
  sold: number
  paid: number
  givenBack: number
  refused: number
  tickets: number
  buyers: number
  /** Fen of paid orders, as text. */
  takings: string
  soldOutAt: string | null
}
export type SessionReport = { session: SessionId; phase: SessionPhase; offers: OfferReport[] }

/** What a session has sold up to now, from its rows. */
export async function sessionReport(sql: Sql | Tx, session: SessionId): Promise<SessionReport> {
  const [row] = await sql<SessionReport[]>`
    SELECT s.id AS session, s.phase, COALESCE(jsonb_agg(jsonb_build_object(
      'sku', o.sku_id::text, 'name', k.name, 'quota', o.quota, 'granted', o.granted, 'sold', o.sold, 'soldOutAt', o.sold_out_at,
      'paid', t.paid, 'givenBack', t.given_back, 'refused', t.refused, 'tickets', t.tickets, 'buyers', t.buyers, 'takings', t.takings)
      ORDER BY o.sku_id) FILTER (WHERE o.sku_id IS NOT NULL), '[]') AS offers
    FROM sessions s LEFT JOIN offers o ON o.session_id = s.id LEFT JOIN skus k ON k.id = o.sku_id
    LEFT JOIN LATERAL (
      SELECT COALESCE(sum(quantity) FILTER (WHERE state = 'paid'), 0) AS paid, COALESCE(sum(quantity) FILTER (WHERE state = 'given_back'), 0) AS given_back,
             count(*) FILTER (WHERE state = 'refused') AS refused, count(*) AS tickets, count(DISTINCT buyer_id) AS buyers,
             (COALESCE(sum(quantity) FILTER (WHERE state = 'paid'), 0) * o.price_fen)::text AS takings
      FROM tickets WHERE session_id = o.session_id AND sku_id = o.sku_id) t ON true
    WHERE s.id = ${session} GROUP BY s.id`
  if (!row) throw new Error(`there is no session ${session}`)
  return row
}
