import type { Sql } from '../../db/client.ts'
import type { OfferKey } from '../../domain/flash-sale.ts'

/** An offer on sale, as PostgreSQL counts it. `untold`: tickets whose end the gate has not heard of. */
export type RunningOffer = OfferKey & { epoch: number; quota: number; granted: number; untold: number }

/** The offers whose gate and queue have to be looked after: preheated, and not ended. */
export const runningOffers = (sql: Sql) => sql<RunningOffer[]>`
  SELECT o.session_id AS session, o.sku_id::text AS sku, o.epoch, o.quota, o.granted,
         (SELECT count(*) FROM tickets t WHERE t.session_id = o.session_id AND t.sku_id = o.sku_id AND t.tell = 'given_back')::int AS untold
  FROM offers o WHERE o.preheated_at IS NOT NULL AND NOT o.ended ORDER BY 1, 2`
