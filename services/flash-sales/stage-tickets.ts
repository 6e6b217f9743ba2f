import type { Sql, Tx } from '../../db/types.ts'
import type { OfferKey, StagingRefusal, TicketId, TicketState } from '../../domain/flash-sale.ts'
import { isId } from '../../domain/ids.ts'
import type { Queued } from '../../redis/gate/queue.ts'
import { raiseAttention } from '../operations/attention.ts'
import type { FlashSaleDeps } from './deps.ts'

type Staged = Queued & { refused: boolean }
type Offer = { epoch: number; quota: number; granted: number; ended: boolean }

/** Moves an offer's next queue entries into PostgreSQL, and only then off the queue: a consumer that dies in between has lost nothing. Answers how many. */
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
 * Writes tickets, each once, and counts their pieces as granted, in one transaction under the offer's lock. Refused, written as such and never
 * counted: tickets of another epoch's gate, of a session that has ended, or beyond the quota, whatever the gate believed.
 */
export function stage(sql: Sql, { session, sku }: OfferKey, entries: readonly Queued[]): Promise<Staged[]> {
  return sql.begin(async (tx) => {
    const [offer] = await tx<Offer[]>`
      SELECT epoch, quota, granted, ended FROM offers WHERE session_id = ${session} AND sku_id = ${sku} FOR UPDATE`
    if (!offer) throw new Error(`there is no offer of ${sku} in session ${session}`)
    const known = await alreadyStaged(tx, entries)
    let { granted } = offer
    const decided = entries.map((entry) => {
      const before = known.get(entry.ticket)
      if (before !== undefined)
        return { entry, fresh: false, refusal: before === 'refused' ? ('gate_rebuilt' as const) : undefined }
      const refusal = refusalOf(entry, offer, granted)
      if (refusal === undefined) granted += entry.pieces
      known.set(entry.ticket, refusal === undefined ? 'waiting' : 'refused')
      return { entry, fresh: true, refusal }
    })
    const fresh = decided.filter((one) => one.fresh)
    await tx`
      INSERT INTO tickets (id, session_id, sku_id, buyer_id, address_id, quantity, seq, state, reason, ended_at)
      SELECT t.ticket, ${session}, ${sku}, t.buyer, t.address, t.pieces, t.seq, CASE WHEN t.refusal IS NULL THEN 'waiting' ELSE 'refused' END, t.refusal,
             CASE WHEN t.refusal IS NULL THEN NULL ELSE now() END
      FROM jsonb_to_recordset(${JSON.stringify(fresh.map(({ entry, refusal }) => ({ ...entry, refusal })))}::jsonb)
        AS t (ticket bigint, buyer bigint, address bigint, pieces int, seq int, refusal text)`
    if (granted > offer.granted) {
      await tx`
        UPDATE offers SET granted = ${granted}, sold_out_at = CASE WHEN ${granted} >= quota THEN now() END
        WHERE session_id = ${session} AND sku_id = ${sku}`
    }
    return decided.map(({ entry, refusal }) => ({ ...entry, refused: refusal !== undefined }))
  })
}

async function alreadyStaged(tx: Tx, entries: readonly Queued[]): Promise<Map<TicketId, TicketState>> {
  const rows = await tx<{ id: TicketId; state: TicketState }[]>`
    SELECT id::text AS id, state FROM tickets WHERE id = ANY(${entries.map(({ ticket }) => ticket)}::bigint[])`
  return new Map(rows.map(({ id, state }) => [id, state]))
}

function refusalOf({ epoch, pieces }: Queued, offer: Offer, granted: number): StagingRefusal | undefined {
  if (offer.ended) return 'session_ended'
  if (epoch !== offer.epoch) return 'gate_rebuilt'
  return granted + pieces > offer.quota ? 'no_pieces_left' : undefined
}

const within = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most

/** Whether the columns of a ticket can hold it. */
const isReadable = ({ ticket, buyer, address, pieces, seq, epoch }: Queued): boolean =>
  [ticket, buyer, address].every(isId) &&
  within(pieces, 1, 999) &&
  within(seq, 0, 2 ** 31 - 1) &&
  Number.isInteger(epoch)

/** What the script did not write cannot become an order: a human is shown it, and the others go on. */
async function setAside(
  { sql, queue }: FlashSaleDeps,
  offer: OfferKey,
  entries: readonly Queued[],
): Promise<void> {
  const unreadable = entries.filter((entry) => !isReadable(entry))
  for (const { entry, ticket, buyer } of unreadable) {
    await raiseAttention(sql, {
      reason: 'queue_entry_unreadable',
      subject: `${offer.session} ${offer.sku} ${entry}`,
      details: { ticket: shown(ticket), buyer: shown(buyer) },
    })
  }
  await queue.acknowledge(
    offer,
    unreadable.map((entry) => ({ ...entry, pieces: 0, seq: 0, refused: true })),
  )
}

/** As much as a human needs, without what PostgreSQL cannot store. */
const shown = (text: string): string => text.slice(0, 64).replaceAll('\0', '�')
