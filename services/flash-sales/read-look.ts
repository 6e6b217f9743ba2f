import type { Sql } from '../../db/types.ts'
import type { OfferKey } from '../../domain/flash-sale.ts'
import type { GateTerms } from '../../redis/gate/offer-load.ts'

/**
 * The columns from which a gate's terms are made. Moments are PostgreSQL's; brakes are the session's and the
 * offer's.
 */
export type TermsRow = {
  revision: number
  paused: boolean
  shed: number
  opensAt: Date
  endsAt: Date
  closed: boolean
}

/** `o`: offers, `s`: its session. */
export const termsColumns = (sql: Sql) => sql`
  o.terms_revision AS revision,
  (s.paused OR o.paused) AS paused,
  greatest(s.shed_percent, o.shed_percent)::int AS shed,
  s.opens_at AS "opensAt",
  s.ends_at AS "endsAt",
  s.gates_closed_at IS NOT NULL AS closed`

/**
 * What the gate has to obey. Once closed it has ended by any clock: its node's may be behind the database's.
 */
export const termsOf = ({ revision, paused, shed, opensAt, endsAt, closed }: TermsRow): GateTerms =>
  closed
    ? { revision, paused: false, shed: 0, opensAt: 0, endsAt: 0 }
    : { revision, paused, shed, opensAt: opensAt.getTime(), endsAt: endsAt.getTime() }

/** An offer as PostgreSQL counts it at one look of the supervisor. */
export type OfferLook = {
  epoch: number
  quota: number
  granted: number
  terms: GateTerms
  /** Pieces were given back, and the gate does not know of it yet. */
  pending: boolean
  /** Tickets whose order is not placed, and the lowest sequence among them. */
  waiting: number
  firstWaiting: number | null
}

/** Reads what a look compares with the gate; undefined when the offer is not preheated, or has ended. */
export async function readLook(sql: Sql, { session, sku }: OfferKey): Promise<OfferLook | undefined> {
  const [row] = await sql<(Omit<OfferLook, 'terms'> & TermsRow)[]>`
    SELECT o.epoch,
           o.quota,
           o.granted,
           ${termsColumns(sql)},
           EXISTS (SELECT 1
                   FROM tickets t
                   WHERE t.session_id = o.session_id
                     AND t.sku_id = o.sku_id
                     AND t.sync <> 'paid') AS pending,
           w.waiting,
           w.first AS "firstWaiting"
    FROM offers o
    JOIN sessions s ON s.id = o.session_id
    CROSS JOIN LATERAL (
      SELECT count(*)::int AS waiting,
             min(t.seq) AS first
      FROM tickets t
      WHERE t.session_id = o.session_id
        AND t.sku_id = o.sku_id
        AND t.state = 'waiting') w
    WHERE o.session_id = ${session}
      AND o.sku_id = ${sku}
      AND o.preheated_at IS NOT NULL
      AND NOT o.ended`
  return row && { ...row, terms: termsOf(row) }
}
