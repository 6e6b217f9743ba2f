import type { Sql } from '../../db/types.ts'
import type { OfferKey } from '../../domain/flash-sale.ts'

/** An offer on sale, as PostgreSQL counts it. `pending`: tickets whose end the gate has not heard of. */
export type RunningOffer = OfferKey & { epoch: number; quota: number; granted: number; pending: number }

/** The offers whose gate and queue have to be looked after: preheated, and not ended. */
export const runningOffers = (sql: Sql) => sql<RunningOffer[]>`
  SELECT o.session_id AS session, o.sku_id::text AS sku, o.epoch, o.quota, o.granted,
         (SELECT count(*) FROM tickets t WHERE t.session_id = o.session_id AND t.sku_id = o.sku_id AND t.sync = 'given_back')::int AS pending
  FROM offers o WHERE o.preheated_at IS NOT NULL AND NOT o.ended ORDER BY 1, 2`
