import type { OfferKey, TicketId, TicketSync } from '../../domain/flash-sale.ts'
import type { UserId } from '../../domain/ids.ts'
import type { FlashSaleDeps } from './deps.ts'

type Due = OfferKey & {
  id: TicketId
  buyer: UserId
  /** What the ticket still has: a part of what it had, where it is `reduced`. */
  quantity: number
  sync: TicketSync
  syncEpoch: number
  epoch: number
  ended: boolean
  coolUntil: Date | null
}

const batch = 200

/**
 * Syncs the gate with what PostgreSQL has committed: pieces that were given back, tickets that are paid. A
 * gate that is older than that, or empty, is synced again after its load; a newer one was loaded with it.
 * @returns how many the gate has now
 */
export async function syncGate({ sql, gate, events, log }: FlashSaleDeps): Promise<number> {
  const due = await takeDue(sql)
  const synced = await Promise.all(
    due.map((ticket) => sync(gate, ticket).catch((error) => fault(log, error))),
  )
  const done = due.filter((_, i) => synced[i])
  if (done.length === 0) return 0
  await clearSynced(sql, done)
  for (const offer of done) if (offer.sync !== 'paid') events.announceOffer(offer)
  return done.length
}

const takeDue = (sql: FlashSaleDeps['sql']) => sql<Due[]>`
  WITH due AS (
    SELECT id
    FROM tickets
    WHERE sync IS NOT NULL
      AND sync_at <= now()
    ORDER BY sync_at
    LIMIT ${batch}
    FOR UPDATE SKIP LOCKED),
  taken AS (
    UPDATE tickets t
    SET sync_at = now() + interval '1 second'
    FROM due
    WHERE t.id = due.id
    RETURNING t.*)
  SELECT t.id::text AS id,
         t.session_id AS session,
         t.sku_id::text AS sku,
         t.buyer_id::text AS buyer,
         t.quantity,
         t.sync,
         t.sync_epoch AS "syncEpoch",
         t.cool_until AS "coolUntil",
         o.epoch,
         o.ended
  FROM taken t
  JOIN offers o ON o.session_id = t.session_id
               AND o.sku_id = t.sku_id`

/**
 * Notes what the gate has. A ticket that changed meanwhile stays due: its pieces came back, or the gate is
 * being loaded without its payment. Whether one is, only the offer's lock says: it waits for an epoch that is
 * being minted.
 */
async function clearSynced(sql: FlashSaleDeps['sql'], done: readonly Due[]): Promise<void> {
  await sql`
    WITH synced AS (
      SELECT *
      FROM unnest(${done.map(({ id }) => id)}::bigint[],
                  ${done.map(({ sync }) => sync)}::text[],
                  ${done.map(({ epoch }) => epoch)}::int[],
                  ${done.map(({ quantity }) => quantity)}::int[]) AS h (id, sync, epoch, quantity)),
    current AS MATERIALIZED (
      SELECT session_id, sku_id, epoch, ended
      FROM offers
      WHERE (session_id, sku_id) IN (
        SELECT t.session_id, t.sku_id
        FROM synced
        JOIN tickets t USING (id)
        WHERE synced.sync <> 'given_back')
      ORDER BY session_id, sku_id
      FOR SHARE)
    UPDATE tickets t
    SET sync = NULL
    FROM synced h
    WHERE t.id = h.id
      AND t.sync = h.sync
      AND t.quantity = h.quantity
      AND (h.sync = 'given_back' OR EXISTS (
        SELECT 1
        FROM current o
        WHERE o.session_id = t.session_id
          AND o.sku_id = t.sku_id
          AND (o.ended OR o.epoch = h.epoch)))`
}

/** Whether the gate has it now, or need not. */
async function sync(
  gate: FlashSaleDeps['gate'],
  { id: ticket, buyer, quantity, sync, syncEpoch, epoch, ended, coolUntil, ...offer }: Due,
): Promise<boolean> {
  if (ended) return true
  if (sync === 'given_back') {
    const coolUntilMs = coolUntil?.getTime() ?? 0
    return (await gate.giveBack(offer, syncEpoch, { buyer, ticket, coolUntilMs })) !== 'older'
  }
  if ((await gate.paid(offer, epoch, { buyer, ticket })) !== 'same') return false
  if (sync === 'paid') return true
  return (await gate.keepPieces(offer, syncEpoch, { buyer, ticket, pieces: quantity })) !== 'older'
}

function fault(log: FlashSaleDeps['log'], error: unknown): false {
  log.warn({ error }, 'the gate does not answer; it is synced again')
  return false
}
