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
}

/** The buyer's ticket for an offer, or the newest one when none is named; somebody else's is none. */
export async function readTicket(
  sql: Sql,
  { session, sku }: OfferKey,
  buyer: UserId,
  ticket?: TicketId,
): Promise<StoredTicket | undefined> {
  const [row] = await sql<StoredTicket[]>`
    SELECT t.id::text AS ticket,
           t.quantity,
           t.state,
           t.reason,
           o.status AS "orderStatus",
           o.due_fen AS "dueFen",
           o.pay_by AS "payBy"
    FROM tickets t
    LEFT JOIN orders o ON o.id = t.id
    WHERE t.buyer_id = ${buyer}
      AND t.session_id = ${session}
      AND t.sku_id = ${sku}
      ${ticket ? sql`AND t.id = ${ticket}` : sql``}
    ORDER BY t.id DESC
    LIMIT 1`
  return row
}
