import type { Tx } from '../../db/types.ts'
import type { NewOffer, SessionPhase } from '../../domain/flash-sale.ts'
import type { SessionId } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusals.ts'
import { moveToOffer } from '../inventory/offer-stock.ts'
import type { OfferDeps } from './deps.ts'
import { loadFirst } from './preheat.ts'

type Known = { price: string; limit: number; warehouse: number; quota: number; preheated: boolean }

/**
 * Adds an offer to a session that has not ended; the same one again is the same one. In a running session its
 * pieces leave the warehouse and its gate is loaded at once.
 * @throws {Refused} session_unknown, session_ended, offer_exists (another one of this SKU), quota_short
 */
export async function addOffer(deps: OfferDeps, session: SessionId, offer: NewOffer): Promise<void> {
  const phase = await deps.sql.begin((tx) => addInRows(tx, session, offer))
  if (phase === 'running') await loadFirst(deps, { session, sku: offer.sku })
}

async function addInRows(tx: Tx, session: SessionId, offer: NewOffer): Promise<SessionPhase> {
  const { sku, quota, warehouse } = offer
  const [row] = await tx<{ phase: SessionPhase }[]>`
    SELECT phase
    FROM sessions
    WHERE id = ${session}
    FOR UPDATE`
  if (!row) return refuse('session_unknown', {})
  if (row.phase === 'ended') return refuse('session_ended', {})
  await insertOffer(tx, session, offer)
  const [known] = await tx<Known[]>`
    SELECT price_fen::text AS price,
           buyer_limit AS limit,
           warehouse_id AS warehouse,
           quota,
           preheated_at IS NOT NULL AS preheated
    FROM offers
    WHERE session_id = ${session}
      AND sku_id = ${sku}
    FOR UPDATE`
  if (!known || !isSame(known, offer)) return refuse('offer_exists', { session, sku })
  if (row.phase !== 'running' || known.preheated) return row.phase
  const moved = await moveToOffer(tx, { session, sku, warehouse }, quota)
  if (moved < quota) refuse('quota_short', { available: moved })
  await tx`UPDATE offers SET preheated_at = now() WHERE session_id = ${session} AND sku_id = ${sku}`
  return row.phase
}

const isSame = (known: Known, { priceFen, limit, warehouse, quota }: NewOffer): boolean =>
  known.price === priceFen && known.limit === limit && known.warehouse === warehouse && known.quota === quota

/** Writes an offer's row, once. */
export async function insertOffer(
  tx: Tx,
  session: SessionId,
  { sku, priceFen, quota, limit, warehouse }: NewOffer,
): Promise<void> {
  await tx`
    INSERT INTO offers (session_id, sku_id, warehouse_id, price_fen, quota, buyer_limit)
    VALUES (${session}, ${sku}, ${warehouse}, ${priceFen}, ${quota}, ${limit})
    ON CONFLICT DO NOTHING`
}
