import type { OfferKey, TicketId } from '../../domain/flash-sale.ts'
import type { UserId } from '../../domain/ids.ts'
import type { DrainDeps } from '../../workers/consumer/deps.ts'

type Due = OfferKey & {
  id: TicketId
  buyer: UserId
  tell: 'given_back' | 'paid'
  tellEpoch: number
  epoch: number
  ended: boolean
}

const batch = 200

/**
 * Tells the gate what PostgreSQL has committed: pieces that were given back, tickets that are paid. A gate that is older than the news, or empty,
 * hears it again after its load; a newer one was loaded with it. Answers how many the gate has heard.
 */
export async function tellGate({ db: { sql }, gate, news, log }: DrainDeps): Promise<number> {
  const due = await sql<Due[]>`
    WITH due AS (SELECT id FROM tickets WHERE tell IS NOT NULL AND tell_at <= now() ORDER BY tell_at LIMIT ${batch} FOR UPDATE SKIP LOCKED),
    taken AS (UPDATE tickets t SET tell_at = now() + interval '1 second' FROM due WHERE t.id = due.id RETURNING t.*)
    SELECT t.id::text AS id, t.session_id AS session, t.sku_id::text AS sku, t.buyer_id::text AS buyer, t.tell, t.tell_epoch AS "tellEpoch", o.epoch, o.ended
    FROM taken t JOIN offers o ON o.session_id = t.session_id AND o.sku_id = t.sku_id`
  const heard = await Promise.all(
    due.map((ticket) => hears(gate, ticket).catch((error) => fault(log, error))),
  )
  const done = due.filter((_, i) => heard[i])
  if (done.length === 0) return 0
  // What changed meanwhile is told again: another piece of news, or, for a payment, a gate that is being loaded without it. Whether one is, only
  // the offer's lock says: it waits for an epoch that is being minted, whose tickets were read before the payment was committed.
  await sql`
    WITH heard AS (
      SELECT * FROM unnest(${done.map(({ id }) => id)}::bigint[], ${done.map(({ tell }) => tell)}::text[], ${done.map(({ epoch }) => epoch)}::int[])
        AS h (id, tell, epoch)),
    current AS MATERIALIZED (
      SELECT session_id, sku_id, epoch, ended FROM offers
      WHERE (session_id, sku_id) IN (SELECT t.session_id, t.sku_id FROM heard JOIN tickets t USING (id) WHERE heard.tell = 'paid')
      ORDER BY session_id, sku_id FOR SHARE)
    UPDATE tickets t SET tell = NULL FROM heard h
    WHERE t.id = h.id AND t.tell = h.tell AND (h.tell = 'given_back' OR EXISTS (
      SELECT 1 FROM current o WHERE o.session_id = t.session_id AND o.sku_id = t.sku_id AND (o.ended OR o.epoch = h.epoch)))`
  for (const offer of done) if (offer.tell === 'given_back') news.announceOffer(offer)
  return done.length
}

/** Whether the gate knows now, or need not. */
async function hears(
  gate: DrainDeps['gate'],
  { id, buyer, tell, tellEpoch, epoch, ended, ...offer }: Due,
): Promise<boolean> {
  if (ended) return true
  if (tell === 'given_back') return (await gate.giveBack(offer, tellEpoch, buyer, id)) !== 'older'
  return (await gate.paid(offer, epoch, buyer, id)) === 'same'
}

function fault(log: DrainDeps['log'], error: unknown): false {
  log.warn({ error }, 'the gate does not answer; it is told again')
  return false
}
