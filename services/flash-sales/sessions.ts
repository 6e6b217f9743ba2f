import { type SessionReport, sessionReport } from '../../db/reads/sessions.ts'
import type { Sql, Tx } from '../../db/types.ts'
import { type NewOffer, type OfferKey, phaseMayLeaveFor, type SessionPhase } from '../../domain/flash-sale.ts'
import type { SessionId, SkuId } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusals.ts'
import { RetryLater } from '../../domain/retry.ts'
import type { Gate } from '../../redis/gate/gate.ts'
import type { TicketQueue } from '../../redis/gate/queue.ts'
import { moveToOffer, returnFromOffer } from '../inventory/offer-stock.ts'
import { raiseAttention } from '../operations/attention.ts'
import { loadOffer } from './load-gate.ts'

type Offer = {
  sku: SkuId
  warehouse: number
  quota: number
  granted: number
  epoch: number
  preheated: boolean
}

/** Every offer of a session, locked until the transaction ends, always in the same order. Who changes the session's row does that before. */
export const lockOffers = (tx: Tx, session: SessionId) => tx<Offer[]>`
  SELECT sku_id::text AS sku, warehouse_id AS warehouse, quota, granted, epoch, preheated_at IS NOT NULL AS preheated
  FROM offers WHERE session_id = ${session} ORDER BY sku_id FOR UPDATE`

/**
 * Puts a session on its way, once: its pieces leave the warehouse, its gate is loaded. An offer gets what the shelf has; when that is less than
 * planned, a human is told.
 */
export async function preheat(sql: Sql, gate: Gate, session: SessionId): Promise<void> {
  const skus = await sql.begin(async (tx) => {
    await tx`UPDATE sessions SET phase = 'running' WHERE id = ${session} AND phase = ANY(${[...phaseMayLeaveFor.running]}::text[])`
    const [running] = await tx`SELECT 1 FROM sessions WHERE id = ${session} AND phase = 'running'`
    if (!running) return []
    const offers = await lockOffers(tx, session)
    for (const offer of offers) if (!offer.preheated) await preheatOffer(tx, session, offer)
    return offers.map(({ sku }) => sku)
  })
  for (const sku of skus) await loadOnce(sql, gate, { session, sku })
}

/** Loads a gate that is empty. A loaded one may have granted tickets since, which another load before their staging would refuse: the supervisor knows how. */
async function loadOnce(sql: Sql, gate: Gate, offer: OfferKey): Promise<void> {
  if ((await gate.left(offer)) === undefined) await loadOffer(sql, gate, offer)
}

async function preheatOffer(
  tx: Tx,
  session: SessionId,
  { sku, warehouse, quota }: Pick<Offer, 'sku' | 'warehouse' | 'quota'>,
): Promise<void> {
  const moved = await moveToOffer(tx, { session, sku, warehouse }, quota)
  await tx`UPDATE offers SET quota = ${moved}, preheated_at = now() WHERE session_id = ${session} AND sku_id = ${sku}`
  if (moved === quota) return
  await raiseAttention(tx, {
    reason: 'quota_short',
    subject: `${session} ${sku}`,
    details: { planned: String(quota), moved: String(moved) },
  })
}

/** Adds an offer to a session that has not ended; the same one again is the same one. Refuses `session_ended`, `offer_exists`, `quota_short`. */
export async function addOffer(sql: Sql, gate: Gate, session: SessionId, offer: NewOffer): Promise<void> {
  const { sku, priceFen, quota, limit, warehouse } = offer
  const phase = await sql.begin(async (tx) => {
    const [row] = await tx<
      { phase: SessionPhase }[]
    >`SELECT phase FROM sessions WHERE id = ${session} FOR UPDATE`
    if (!row) return refuse('session_unknown', {})
    if (row.phase === 'ended') return refuse('session_ended', {})
    await insertOffer(tx, session, offer)
    const [mine] = await tx<(Offer & { price: string; limit: number })[]>`
      SELECT warehouse_id AS warehouse, quota, preheated_at IS NOT NULL AS preheated, price_fen::text AS price, buyer_limit AS limit
      FROM offers WHERE session_id = ${session} AND sku_id = ${sku} FOR UPDATE`
    if (
      !mine ||
      mine.price !== priceFen ||
      mine.limit !== limit ||
      mine.warehouse !== warehouse ||
      mine.quota !== quota
    )
      refuse('offer_exists', { session, sku })
    if (row.phase !== 'running' || mine?.preheated) return row.phase
    const moved = await moveToOffer(tx, { session, sku, warehouse }, quota)
    if (moved < quota) refuse('quota_short', { available: moved })
    await tx`UPDATE offers SET preheated_at = now() WHERE session_id = ${session} AND sku_id = ${sku}`
    return row.phase
  })
  if (phase === 'running') await loadOnce(sql, gate, { session, sku })
}

/** Writes an offer's row, once. */
export async function insertOffer(
  tx: Tx,
  session: SessionId,
  { sku, priceFen, quota, limit, warehouse }: NewOffer,
): Promise<void> {
  await tx`
    INSERT INTO offers (session_id, sku_id, warehouse_id, price_fen, quota, buyer_limit) VALUES (${session}, ${sku}, ${warehouse}, ${priceFen}, ${quota}, ${limit})
    ON CONFLICT DO NOTHING`
}

/** Throws while something of the session's queues has still to be staged: then it is asked again. */
export async function untilStaged(sql: Sql, queue: TicketQueue, session: SessionId): Promise<void> {
  const offers = await offersOf(sql, session)
  const lengths = await Promise.all(offers.map((offer) => queue.length(offer)))
  const left = lengths.reduce((sum, length) => sum + length, 0)
  if (left > 0) throw new RetryLater(`${left} ticket(s) of session ${session} have still to be staged`)
}

/**
 * Ends a session, once, under the locks of all its offers: what nobody was granted goes back to the warehouse, and so does, from this commit on,
 * what is given back later. Stores the closing report, and answers it.
 */
export async function endSession(sql: Sql, session: SessionId): Promise<SessionReport> {
  await sql.begin(async (tx) => {
    const ended = await tx`
      UPDATE sessions SET phase = 'ended', ended_at = now() WHERE id = ${session} AND phase = ANY(${[...phaseMayLeaveFor.ended]}::text[])`
    if (ended.count === 0) return
    const offers = await lockOffers(tx, session)
    for (const { sku, warehouse, quota, granted, preheated } of offers) {
      if (preheated) await returnFromOffer(tx, { session, sku, warehouse }, quota - granted)
    }
    await tx`UPDATE offers SET ended = true, quota = granted WHERE session_id = ${session}`
    await tx`UPDATE sessions SET report = ${JSON.stringify(await sessionReport(tx, session))}::jsonb WHERE id = ${session}`
  })
  const [stored] = await sql<
    { report: SessionReport | null }[]
  >`SELECT report FROM sessions WHERE id = ${session}`
  if (!stored?.report) throw new Error(`session ${session} has not ended`)
  return stored.report
}

/** Takes the session's keys out of Redis. */
export async function removeGate(sql: Sql, gate: Gate, session: SessionId): Promise<void> {
  for (const offer of await offersOf(sql, session)) await gate.remove(offer)
}

const offersOf = (sql: Sql, session: SessionId) => sql<OfferKey[]>`
  SELECT session_id AS session, sku_id::text AS sku FROM offers WHERE session_id = ${session} ORDER BY sku_id`
