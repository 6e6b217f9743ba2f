import type { Sql, Tx } from '../../db/types.ts'
import type { QuotaChange } from '../../domain/flash-sale.ts'
import type { SessionId, SkuId } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusals.ts'
import { RetryLater } from '../../domain/retry.ts'
import { moveToOffer, returnFromOffer } from '../inventory/offer-stock.ts'
import type { OfferDeps } from './deps.ts'

type Offer = {
  warehouse: number
  quota: number
  granted: number
  epoch: number
  preheated: boolean
  ended: boolean
}
type Counted = { pieces: number; epoch: number }

/**
 * Changes an offer's quota, once for each change's id, whoever repeats it after whatever crash. Fewer: the
 * gate gives the pieces up first, then PostgreSQL counts them, while it still is the same gate. More:
 * PostgreSQL first.
 * @throws {Refused} offer_unknown, session_ended, quota_short, quota_below_granted
 * @throws {RetryLater} while the gate has still to be loaded
 */
export async function changeQuota(deps: OfferDeps, session: SessionId, request: QuotaChange): Promise<void> {
  const { sku, change } = request
  const counted = (await countedAs(deps.sql, session, request)) ?? (await count(deps, session, request))
  // Fewer pieces the gate has given up before; what was counted before its first load is in that load.
  if (counted.pieces <= 0 || counted.epoch === 0) return
  const word = await deps.gate.addQuota({ session, sku }, { change, ...counted })
  if (word === 'older') throw notLoaded(session, sku)
}

async function count(deps: OfferDeps, session: SessionId, request: QuotaChange): Promise<Counted> {
  const { sql, gate } = deps
  const { sku, quota, change } = request
  const before = await sql.begin((tx) => locked(tx, session, request))
  if (!before.preheated || quota >= before.quota) return await countInRows(sql, session, request)
  // The gate knows it by what it started from, too: given up halfway and asked for again after another
  // change, it takes other pieces.
  const taken = await gate.takeQuota({ session, sku }, `${change} from ${before.quota}`, before.quota - quota)
  if (taken.is === 'older') throw notLoaded(session, sku)
  if (taken.is === 'short') return refuse('quota_below_granted', { least: before.quota - taken.left })
  return await countInRows(sql, session, { ...request, given: { epoch: taken.epoch, quota: before.quota } })
}

/**
 * Counts the change in PostgreSQL; `given`: the gate that gave the pieces up, and of how many. With another
 * gate by now it starts anew.
 */
function countInRows(
  sql: Sql,
  session: SessionId,
  request: QuotaChange & { given?: { epoch: number; quota: number } },
): Promise<Counted> {
  const { sku, quota, change, given } = request
  return sql.begin(async (tx) => {
    const offer = await locked(tx, session, request)
    const twin = await countedAs(tx, session, request)
    if (twin) return twin
    const { warehouse, epoch, preheated } = offer
    const pieces = quota - offer.quota
    if (preheated && pieces < 0 && (given?.epoch !== epoch || given.quota !== offer.quota))
      throw new RetryLater(`the gate of ${sku} changed meanwhile`)
    if (preheated && pieces > 0) {
      const moved = await moveToOffer(tx, { session, sku, warehouse }, pieces)
      if (moved < pieces) refuse('quota_short', { available: moved })
    }
    if (preheated && pieces < 0) await returnFromOffer(tx, { session, sku, warehouse }, { pieces: -pieces })
    await tx`
      UPDATE offers
      SET quota = ${quota},
          sold_out_at = CASE WHEN granted >= ${quota} THEN now() END
      WHERE session_id = ${session}
        AND sku_id = ${sku}`
    await tx`
      INSERT INTO offer_changes (session_id, sku_id, change, pieces, epoch)
      VALUES (${session}, ${sku}, ${change}, ${pieces}, ${epoch})`
    return { pieces, epoch }
  })
}

async function locked(tx: Tx, session: SessionId, { sku }: QuotaChange): Promise<Offer> {
  const [offer] = await tx<Offer[]>`
    SELECT warehouse_id AS warehouse,
           quota,
           granted,
           epoch,
           preheated_at IS NOT NULL AS preheated,
           ended
    FROM offers
    WHERE session_id = ${session}
      AND sku_id = ${sku}
    FOR UPDATE`
  if (!offer) return refuse('offer_unknown', { session, sku })
  return offer.ended ? refuse('session_ended', {}) : offer
}

/** How this change was counted, if it was. */
async function countedAs(
  sql: Sql | Tx,
  session: SessionId,
  { sku, change }: QuotaChange,
): Promise<Counted | undefined> {
  const [row] = await sql<Counted[]>`
    SELECT pieces,
           epoch
    FROM offer_changes
    WHERE session_id = ${session}
      AND sku_id = ${sku}
      AND change = ${change}`
  return row
}

const notLoaded = (session: SessionId, sku: SkuId): RetryLater =>
  new RetryLater(`the gate of ${sku} in session ${session} has still to be loaded`)
