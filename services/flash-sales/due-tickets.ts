import type { Sql } from '../../db/types.ts'
import type { OfferKey, TicketId } from '../../domain/flash-sale.ts'
import type { AddressId, UserId } from '../../domain/ids.ts'

/** A ticket whose order has to be started. `price`: fen of a piece. */
export type DueTicket = OfferKey & {
  id: TicketId
  buyer: UserId
  address: AddressId
  quantity: number
  price: string
  payWithinMs: number
}

/**
 * Takes tickets that wait and are due; due again after ten seconds, unless `postponeTickets` says otherwise.
 */
export const takeDueTickets = (sql: Sql, most: number) => sql<DueTicket[]>`
  WITH due AS (
    SELECT id
    FROM tickets
    WHERE state = 'waiting'
      AND due_at <= now()
    ORDER BY due_at
    LIMIT ${most}
    FOR UPDATE SKIP LOCKED),
  taken AS (
    UPDATE tickets t
    SET tried = t.tried + 1,
        due_at = now() + interval '10 seconds'
    FROM due
    WHERE t.id = due.id
    RETURNING t.*)
  SELECT t.id::text AS id,
         t.session_id AS session,
         t.sku_id::text AS sku,
         t.buyer_id::text AS buyer,
         t.address_id::text AS address,
         t.quantity,
         o.price_fen::text AS price,
         s.pay_within_ms AS "payWithinMs"
  FROM taken t
  JOIN offers o ON o.session_id = t.session_id
               AND o.sku_id = t.sku_id
  JOIN sessions s ON s.id = t.session_id
  ORDER BY t.id`

/**
 * Sets when each is looked at again, if it still waits: a started one in a minute (then two, four, …), a
 * failed one in a second (then two, …).
 */
export async function postponeTickets(
  sql: Sql,
  { started, failed }: { started: readonly TicketId[]; failed: readonly TicketId[] },
): Promise<void> {
  await sql`
    UPDATE tickets
    SET due_at = now() + CASE
          WHEN id = ANY(${[...started]}::bigint[]) THEN interval '1 minute'
          ELSE interval '1 second'
        END * power(2, least(tried - 1, 4))
    WHERE id = ANY(${[...started, ...failed]}::bigint[])
      AND state = 'waiting'`
}
