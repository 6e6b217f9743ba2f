import type { Tx } from '../../db/types.ts'
import type { SessionId, SkuId } from '../../domain/ids.ts'

export type LockedOffer = {
  sku: SkuId
  warehouse: number
  quota: number
  granted: number
  epoch: number
  preheated: boolean
}

/**
 * Every offer of a session, locked until the transaction ends, always in the same order. Who changes the
 * session's row does that before.
 */
export const lockOffers = (tx: Tx, session: SessionId) => tx<LockedOffer[]>`
  SELECT sku_id::text AS sku,
         warehouse_id AS warehouse,
         quota,
         granted,
         epoch,
         preheated_at IS NOT NULL AS preheated
  FROM offers
  WHERE session_id = ${session}
  ORDER BY sku_id
  FOR UPDATE`
