import type { Sql } from '../../db/types.ts'
import type { OfferKey, TicketId } from '../../domain/flash-sale.ts'
import type { Ids } from '../../domain/ids.ts'
import type { OrderInput } from '../../domain/order-input.ts'
import type { Queued } from '../../redis/gate/queue.ts'
import { stage } from '../../services/flash-sales/stage-tickets.ts'
import type { Joiner } from './flash-sale.ts'

/**
 * A ticket as a gate at epoch 1 writes it into its queue: a fresh one for one piece, unless it is said
 * otherwise.
 */
const queued = (ids: Ids, buyer: Joiner, but: Partial<Queued>): Queued => ({
  entry: '0-1',
  ticket: ids.next() as TicketId, // A fresh snowflake.
  buyer: buyer.id,
  pieces: 1,
  address: buyer.addressId,
  seq: 1,
  epoch: 1,
  ...but,
})

/** Stages a fresh ticket of this buyer, past the queue. */
export async function staged(
  { sql, ids }: { sql: Sql; ids: Ids },
  offer: OfferKey,
  { buyer, ...but }: { buyer: Joiner } & Partial<Omit<Queued, 'buyer'>>,
): Promise<TicketId> {
  const entry = queued(ids, buyer, but)
  await stage(sql, offer, [entry])
  return entry.ticket
}

type FlashRow = Pick<OrderInput, 'buyerId' | 'addressId' | 'payWithinMs'> &
  OfferKey & { quantity: number; price: string }

/** The order that a ticket becomes, as the consumer starts it. */
export async function flashOrder(
  sql: Sql,
  ticket: TicketId,
  but: Partial<OrderInput> = {},
): Promise<OrderInput> {
  const [row] = await sql<FlashRow[]>`
    SELECT t.buyer_id::text AS "buyerId",
           t.address_id::text AS "addressId",
           t.quantity,
           t.session_id AS session,
           t.sku_id::text AS sku,
           o.price_fen::text AS price,
           s.pay_within_ms AS "payWithinMs"
    FROM tickets t
    JOIN offers o USING (session_id, sku_id)
    JOIN sessions s ON s.id = t.session_id
    WHERE t.id = ${ticket}`
  if (!row) throw new Error(`ticket ${ticket} is not staged`)
  const { buyerId, addressId, payWithinMs, session, sku, quantity, price } = row
  return {
    ...{ orderId: ticket, buyerId, addressId, session, payWithinMs },
    kind: 2,
    source: 'seckill',
    lines: [{ sku, quantity, unitPrice: price }],
    rates: {},
    points: '0',
    balance: '0',
    payment: 'online',
    fingerprint: `ticket ${ticket}`,
    ...but,
  }
}
