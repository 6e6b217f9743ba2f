import type { OfferKey, TicketId, TicketState } from '../../domain/flash-sale.ts'
import type { UserId } from '../../domain/ids.ts'
import type { OrderStatus } from '../../domain/order.ts'
import type { Sql } from '../types.ts'

/** A staged ticket with what became of its order, if there is one yet. */
export type StoredTicket = {
  ticket: TicketId
  quantity: number
  state: TicketState
  /** Why it was given back or refused. */
  reason: string | null
  orderStatus: OrderStatus | null
  dueFen: bigint | null
  payBy: Date | null
  /** Given back unpaid: until then the buyer may not join the offer again. */
  coolUntil: Date | null
}

const columns = (sql: Sql) => sql`
  t.id::text   AS ticket,
  t.quantity,
  t.state,
  t.reason,
  t.cool_until AS "coolUntil",
  o.status     AS "orderStatus",
  o.due_fen    AS "dueFen",
  o.pay_by     AS "payBy"`

/** The buyer's newest ticket for an offer. */
export async function newestTicket(
  sql: Sql,
  { session, sku }: OfferKey,
  buyer: UserId,
): Promise<StoredTicket | undefined> {
  const [row] = await sql<StoredTicket[]>`
    SELECT ${columns(sql)}
    FROM tickets t
    LEFT JOIN orders o ON o.id = t.id
    WHERE t.buyer_id = ${buyer}
      AND t.session_id = ${session}
      AND t.sku_id = ${sku}
    ORDER BY t.id DESC
    LIMIT 1`
  return row
}

/** A ticket with whose it is, and for what. */
export type OwnedTicket = StoredTicket & OfferKey & { buyer: UserId }

/** The tickets of these numbers that there are, in any order. */
export const readTickets = (sql: Sql, tickets: readonly TicketId[]) => sql<OwnedTicket[]>`
  SELECT ${columns(sql)},
         t.buyer_id::text AS buyer,
         t.session_id     AS session,
         t.sku_id::text   AS sku
  FROM tickets t
  LEFT JOIN orders o ON o.id = t.id
  WHERE t.id = ANY(${[...tickets]}::bigint[])`
