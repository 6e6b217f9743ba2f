import type { Sql, Tx } from '../../db/types.ts'
import type { OfferKey, TicketId } from '../../domain/flash-sale.ts'
import type { UserId } from '../../domain/ids.ts'
import type { Gate } from '../../redis/gate/gate.ts'
import { type BuyersChunk, recordOf } from '../../redis/gate/offer-load.ts'
import type { LoadWord } from '../../redis/gate/scripts.ts'
import { loadEpoch, mintEpoch } from '../../services/flash-sales/load-gate.ts'
import { offerRow } from './flash-sale.ts'

export type LoadedTicket = { ticket: TicketId; buyer: UserId; pieces: number; seq: number; paid: boolean }

/** A load as a test writes it: flat, with a list of tickets. */
export type TestLoad = {
  epoch: number
  left: number
  opensAt: number
  endsAt: number
  limit: number
  paused: boolean
  shed?: number
  revision?: number
  changes?: string[]
  tickets: LoadedTicket[]
  /** Buyers who cool off, ms since 1970. */
  cooling?: { ticket: TicketId; buyer: UserId; until: number }[]
}

/** Loads a gate as if this were what PostgreSQL says. */
export async function loadGate(gate: Gate, offer: OfferKey, load: TestLoad): Promise<LoadWord | 'dropped'> {
  const { epoch, left, limit, opensAt, endsAt, paused, shed = 0, revision = 0, changes = [] } = load
  const { tickets, cooling = [] } = load
  const terms = { opensAt, endsAt, paused, shed, revision }
  const buyers = chunksOf(tickets, cooling)
  return await gate.load(offer, { epoch, left, limit, terms, changes, buyers })
}

/** These tickets by buyer, so many buyers a chunk. */
function chunksOf(
  tickets: readonly LoadedTicket[],
  cooling: NonNullable<TestLoad['cooling']>,
  size = 5000,
): BuyersChunk[] {
  const records = new Map<UserId, string>()
  const add = (buyer: UserId, entry: string) => {
    const before = records.get(buyer)
    records.set(buyer, before ? `${before},${entry}` : entry)
  }
  for (const ticket of tickets) add(ticket.buyer, recordOf(ticket))
  for (const { ticket, buyer, until } of cooling) add(buyer, `${ticket}:0:${until}:c`)
  const lastSeq = tickets.reduce((highest, { seq }) => Math.max(highest, seq), 0)
  const all = [...records]
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => ({
    records: Object.fromEntries(all.slice(i * size, (i + 1) * size)),
    lastSeq,
  }))
}

/** The offer's next epoch, minted and not loaded yet. */
export async function minted(sql: Sql, offer: OfferKey, tx: Sql | Tx = sql): Promise<number> {
  const epoch = await mintEpoch(tx, offer, { seen: (await offerRow(sql, offer)).epoch })
  if (epoch === undefined) throw new Error('the offer is not on sale')
  return epoch
}

/** Counts the gate anew, as the supervisor does once the queue is staged. */
export async function reload(sql: Sql, gate: Gate, offer: OfferKey): Promise<void> {
  const loaded = await loadEpoch({ sql, gate }, offer, await minted(sql, offer))
  if (loaded !== 'loaded') throw new Error(`the load was ${loaded}`)
}
