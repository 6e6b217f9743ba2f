import type { Sql, Tx } from '../../db/types.ts'
import type { OfferKey, StagingRefusal, TicketId, TicketState } from '../../domain/flash-sale.ts'
import type { UserId } from '../../domain/ids.ts'
import type { Queued } from '../../redis/gate/queue.ts'
import type { FlashSaleDeps } from './deps.ts'
import { isReadable, setAside } from './unreadable-entries.ts'

type Staged = Queued & { refused: boolean }
type Offer = { epoch: number; quota: number; granted: number; limit: number; ended: boolean }
/** A buyer's pieces of the offer, and whether one of the tickets is not paid yet. */
type Holding = { pieces: number; unpaid: boolean }

/**
 * Moves an offer's next queue entries into PostgreSQL, and only then off the queue: a consumer that dies in
 * between has lost nothing.
 * @returns how many
 */
export async function stageEntries(
  deps: FlashSaleDeps,
  offer: OfferKey,
  entries: readonly Queued[],
): Promise<number> {
  if (entries.length === 0) return 0
  const { sql, queue, events } = deps
  const readable = entries.filter(isReadable)
  if (readable.length < entries.length) await setAside(deps, offer, entries)
  const staged = await stage(sql, offer, readable)
  await queue.acknowledge(offer, staged)
  for (const { ticket } of staged) events.announce(ticket)
  return entries.length
}

/**
 * Writes tickets, each once, and counts their pieces as granted, in one transaction under the offer's lock.
 * Refused, written as such and never counted, whatever the gate believed: tickets of another epoch's gate, of
 * a session that has ended, beyond the quota, beyond what one buyer may hold.
 */
export function stage(sql: Sql, offer: OfferKey, entries: readonly Queued[]): Promise<Staged[]> {
  return sql.begin(async (tx) => {
    const row = await lockOffer(tx, offer)
    const known = await alreadyStaged(tx, entries)
    const holdings = await holdingsOf(tx, offer, entries)
    let { granted } = row
    const decided = entries.map((entry) => {
      const before = known.get(entry.ticket)
      if (before !== undefined)
        return { entry, fresh: false, refusal: before === 'refused' ? ('gate_rebuilt' as const) : undefined }
      const refusal = refusalOf(entry, { ...row, granted }, holdings.get(entry.buyer))
      if (refusal === undefined) {
        granted += entry.pieces
        const pieces = (holdings.get(entry.buyer)?.pieces ?? 0) + entry.pieces
        holdings.set(entry.buyer, { pieces, unpaid: true })
      }
      known.set(entry.ticket, refusal === undefined ? 'waiting' : 'refused')
      return { entry, fresh: true, refusal }
    })
    const fresh = decided.flatMap(({ entry, fresh, refusal }) => (fresh ? [{ ...entry, refusal }] : []))
    await insertTickets(tx, offer, fresh)
    if (granted > row.granted) await setGranted(tx, offer, granted)
    return decided.map(({ entry, refusal }) => ({ ...entry, refused: refusal !== undefined }))
  })
}

async function lockOffer(tx: Tx, { session, sku }: OfferKey): Promise<Offer> {
  const [offer] = await tx<Offer[]>`
    SELECT epoch,
           quota,
           granted,
           buyer_limit AS limit,
           ended
    FROM offers
    WHERE session_id = ${session}
      AND sku_id = ${sku}
    FOR UPDATE`
  if (!offer) throw new Error(`there is no offer of ${sku} in session ${session}`)
  return offer
}

async function alreadyStaged(tx: Tx, entries: readonly Queued[]): Promise<Map<TicketId, TicketState>> {
  const rows = await tx<{ id: TicketId; state: TicketState }[]>`
    SELECT id::text AS id,
           state
    FROM tickets
    WHERE id = ANY(${entries.map(({ ticket }) => ticket)}::bigint[])`
  return new Map(rows.map(({ id, state }) => [id, state]))
}

/** What these buyers hold of the offer: tickets are counted under its lock, so nobody adds one meanwhile. */
async function holdingsOf(
  tx: Tx,
  { session, sku }: OfferKey,
  entries: readonly Queued[],
): Promise<Map<UserId, Holding>> {
  const rows = await tx<(Holding & { buyer: UserId })[]>`
    SELECT buyer_id::text AS buyer,
           sum(quantity)::int AS pieces,
           bool_or(state <> 'paid') AS unpaid
    FROM tickets
    WHERE buyer_id = ANY(${entries.map(({ buyer }) => buyer)}::bigint[])
      AND session_id = ${session}
      AND sku_id = ${sku}
      AND state IN ('waiting', 'live', 'paid')
    GROUP BY buyer_id`
  return new Map(rows.map(({ buyer, ...holding }) => [buyer, holding]))
}

function refusalOf(
  { epoch, pieces }: Queued,
  offer: Offer,
  holding: Holding = { pieces: 0, unpaid: false },
): StagingRefusal | undefined {
  if (offer.ended) return 'session_ended'
  if (epoch !== offer.epoch) return 'gate_rebuilt'
  if (holding.unpaid || holding.pieces + pieces > offer.limit) return 'over_limit'
  return offer.granted + pieces > offer.quota ? 'no_pieces_left' : undefined
}

async function insertTickets(
  tx: Tx,
  { session, sku }: OfferKey,
  tickets: readonly (Queued & { refusal: StagingRefusal | undefined })[],
): Promise<void> {
  if (tickets.length === 0) return
  await tx`
    INSERT INTO tickets (id, session_id, sku_id, buyer_id, address_id, quantity, seq, state, reason, ended_at)
    SELECT t.ticket,
           ${session},
           ${sku},
           t.buyer,
           t.address,
           t.pieces,
           t.seq,
           CASE WHEN t.refusal IS NULL THEN 'waiting' ELSE 'refused' END,
           t.refusal,
           CASE WHEN t.refusal IS NULL THEN NULL ELSE now() END
    FROM jsonb_to_recordset(${JSON.stringify(tickets)}::jsonb)
      AS t (ticket bigint, buyer bigint, address bigint, pieces int, seq int, refusal text)`
}

async function setGranted(tx: Tx, { session, sku }: OfferKey, granted: number): Promise<void> {
  await tx`
    UPDATE offers
    SET granted = ${granted},
        sold_out_at = CASE WHEN ${granted} >= quota THEN now() END
    WHERE session_id = ${session}
      AND sku_id = ${sku}`
}
