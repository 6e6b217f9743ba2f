import { pipelined } from '../../db/pipelined.ts'
import type { Sql, Tx } from '../../db/types.ts'
import type { OfferKey, TicketId } from '../../domain/flash-sale.ts'
import type { Gate, OfferLoad } from '../../redis/gate/gate.ts'

type Held = OfferLoad['tickets'][number]

/**
 * Mints the offer's next epoch and loads the gate with what PostgreSQL has at that moment: what was granted and given back before is in it, what
 * follows is told with the new epoch, and staging believes no older gate from then on. False when the offer is not on sale (any more).
 */
export async function loadOffer(sql: Sql, gate: Gate, offer: OfferKey): Promise<boolean> {
  for (;;) {
    const load = await sql.begin((tx) => mint(tx, offer))
    if (!load) return false
    if ((await gate.load(offer, load)) !== 'stale') return true
  }
}

/** Under the offer's lock: the next epoch, and what the gate is to know. Undefined when the offer is not preheated, or its session has ended. */
export async function mint(tx: Tx, { session, sku }: OfferKey): Promise<OfferLoad | undefined> {
  const [minted] = await tx<{ epoch: number; left: number; limit: number }[]>`
    UPDATE offers SET epoch = epoch + 1 WHERE session_id = ${session} AND sku_id = ${sku} AND NOT ended AND preheated_at IS NOT NULL
    RETURNING epoch, quota - granted AS left, buyer_limit AS limit`
  if (!minted) return undefined
  // Later statements: they see what was committed by whoever held the lock before.
  const [[times], tickets] = await pipelined(tx, [
    tx<{ opensAt: Date; endsAt: Date; paused: boolean }[]>`
      SELECT opens_at AS "opensAt", ends_at AS "endsAt", paused FROM sessions WHERE id = ${session}`,
    tx<(Omit<Held, 'ticket'> & { ticket: TicketId })[]>`
      SELECT id::text AS ticket, buyer_id::text AS buyer, quantity AS pieces, seq, state = 'paid' AS paid
      FROM tickets WHERE session_id = ${session} AND sku_id = ${sku} AND state IN ('waiting', 'live', 'paid') ORDER BY id`,
  ])
  if (!times) throw new Error(`offer ${sku} is of no session ${session}`)
  return {
    ...minted,
    opensAt: times.opensAt.getTime(),
    endsAt: times.endsAt.getTime(),
    paused: times.paused,
    tickets,
  }
}
