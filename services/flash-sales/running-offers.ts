import type { Sql } from '../../db/types.ts'
import type { OfferKey } from '../../domain/flash-sale.ts'

/** The offers whose gate and queue have to be looked after: preheated, and not ended. */
export const runningOffers = (sql: Sql) => sql<OfferKey[]>`
  SELECT session_id AS session,
         sku_id::text AS sku
  FROM offers
  WHERE preheated_at IS NOT NULL
    AND NOT ended
  ORDER BY session_id, sku_id`

/** One text for an offer, e.g. as the key of a map. */
export const nameOf = ({ session, sku }: OfferKey): string => `${session} ${sku}`
