import type { SessionPhase } from '../../domain/flash-sale.ts'
import type { SessionId, SkuId } from '../../domain/ids.ts'
import type { Sql, Tx } from '../types.ts'

/** An offer as it is now. Prices are fen, as text; counts are pieces. */
export type StoredOffer = {
  sku: SkuId
  name: string
  image: string
  attributes: Record<string, string>
  price: string
  /** Outside of the session. */
  usualPrice: string
  quota: number
  granted: number
  sold: number
  limit: number
  warehouse: number
  /** Its pieces are out of the warehouse. */
  preheated: boolean
  soldOut: boolean
  /** The brakes of this offer alone; the session's count as well. */
  paused: boolean
  shedPercent: number
}

export type StoredSession = {
  id: SessionId
  opensAt: Date
  endsAt: Date
  phase: SessionPhase
  paused: boolean
  /** Of a hundred tokens so many are refused. */
  shedPercent: number
  captcha: boolean
  payWithinMs: number
  coolOffMs: number
  createdAt: Date
  endedAt: Date | null
  offers: StoredOffer[]
}

const columns = (sql: Sql) => sql`
  s.id,
  s.opens_at AS "opensAt",
  s.ends_at AS "endsAt",
  s.phase,
  s.paused,
  s.shed_percent AS "shedPercent",
  s.captcha,
  s.pay_within_ms AS "payWithinMs",
  s.cool_off_ms AS "coolOffMs",
  s.created_at AS "createdAt",
  s.ended_at AS "endedAt",
  COALESCE((
    SELECT jsonb_agg(
      jsonb_build_object(
        'sku', o.sku_id::text,
        'name', k.name,
        'image', k.image,
        'attributes', k.attributes,
        'price', o.price_fen::text,
        'usualPrice', k.price_fen::text,
        'quota', o.quota,
        'granted', o.granted,
        'sold', o.sold,
        'limit', o.buyer_limit,
        'warehouse', o.warehouse_id,
        'preheated', o.preheated_at IS NOT NULL,
        'soldOut', o.sold_out_at IS NOT NULL,
        'paused', o.paused,
        'shedPercent', o.shed_percent
      ) ORDER BY o.sku_id)
    FROM offers o
    JOIN skus k ON k.id = o.sku_id
    WHERE o.session_id = s.id
  ), '[]') AS offers`

/** A session with its offers. */
export async function readSession(sql: Sql, id: SessionId): Promise<StoredSession | undefined> {
  const [session] = await sql<StoredSession[]>`
    SELECT ${columns(sql)}
    FROM sessions s
    WHERE s.id = ${id}`
  return session
}

/** The sessions that have not ended, the soonest first, two hundred at the most. */
export const livingSessions = async (sql: Sql): Promise<StoredSession[]> =>
  sql<StoredSession[]>`
    SELECT ${columns(sql)}
    FROM sessions s
    WHERE s.phase <> 'ended'
      AND s.ends_at > now()
    ORDER BY s.opens_at, s.id
    LIMIT 200`

/** The sessions that have ended in the last two days, the latest first, two hundred at the most. */
export const recentlyEndedSessions = async (sql: Sql): Promise<StoredSession[]> =>
  sql<StoredSession[]>`
    SELECT ${columns(sql)}
    FROM sessions s
    WHERE s.ends_at > now() - interval '2 days'
      AND (s.phase = 'ended' OR s.ends_at <= now())
    ORDER BY s.ends_at DESC, s.id
    LIMIT 200`

type Page = { before?: string | undefined; limit: number }

/** Sessions, those that open last first, older than `before`. */
export const listSessions = (sql: Sql, { before, limit }: Page) => sql<StoredSession[]>`
  SELECT ${columns(sql)}
  FROM sessions s
  ${before ? sql`WHERE (s.opens_at, s.id) < (SELECT opens_at, id FROM sessions WHERE id = ${before})` : sql``}
  ORDER BY s.opens_at DESC, s.id DESC
  LIMIT ${limit}`

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
    SELECT s.id AS session,
           s.phase,
           COALESCE(
             jsonb_agg(
               jsonb_build_object(
                 'sku', o.sku_id::text,
                 'name', k.name,
                 'quota', o.quota,
                 'granted', o.granted,
                 'sold', o.sold,
                 'soldOutAt', o.sold_out_at,
                 'paid', t.paid,
                 'givenBack', t.given_back,
                 'refused', t.refused,
                 'tickets', t.tickets,
                 'buyers', t.buyers,
                 'takings', (t.paid * o.price_fen)::text
               ) ORDER BY o.sku_id) FILTER (WHERE o.sku_id IS NOT NULL),
             '[]') AS offers
    FROM sessions s
    LEFT JOIN offers o ON o.session_id = s.id
    LEFT JOIN skus k ON k.id = o.sku_id
    LEFT JOIN LATERAL (
      SELECT COALESCE(sum(quantity) FILTER (WHERE state = 'paid'), 0) AS paid,
             COALESCE(sum(quantity) FILTER (WHERE state = 'given_back'), 0) AS given_back,
             count(*) FILTER (WHERE state = 'refused') AS refused,
             count(*) AS tickets,
             count(DISTINCT buyer_id) AS buyers
      FROM tickets
      WHERE session_id = o.session_id
        AND sku_id = o.sku_id
    ) t ON true
    WHERE s.id = ${session}
    GROUP BY s.id`
  if (!row) throw new Error(`there is no session ${session}`)
  return row
}
