import type { Tx } from '../../db/types.ts'
import type { OfferKey } from '../../domain/flash-sale.ts'
import type { OrderId, RefundNumber } from '../../domain/ids.ts'
import { returnFromOffer, shelveShipped } from '../inventory/offer-stock.ts'
import { giveBack, untakeOffer } from './offers.ts'

/**
 * Pieces of a paid flash order that a refund takes back. `why`: what a ticket says that is given back with
 * them.
 */
export type ReturnedPieces = { order: OrderId; refund: RefundNumber; pieces: number; why: string }

type Ticket = OfferKey & { quantity: number; epoch: number; ended: boolean; warehouse: number }

/**
 * Gives back pieces that were refunded before they were shipped, under the offer's lock: to the session while
 * it runs (the consumer syncs the gate, with the epoch that is read here), to the warehouse after it. The
 * ticket keeps the others; with the last piece it is given back itself. Once for each refund: the caller has
 * just stored it in this transaction.
 */
export async function returnPieces(tx: Tx, { order, refund, pieces, why }: ReturnedPieces): Promise<void> {
  const ticket = await lockedTicket(tx, order)
  if (pieces === ticket.quantity) {
    await untakeOffer(tx, order)
    return await giveBack(tx, order, { why })
  }
  const { session, sku, epoch, ended } = ticket
  const kept = await tx`
    UPDATE tickets
    SET quantity = quantity - ${pieces},
        sync = ${ended ? null : 'reduced'},
        sync_epoch = ${epoch},
        sync_at = ${ended ? null : tx`now()`}
    WHERE id = ${order} AND state = 'paid' AND quantity > ${pieces}`
  if (kept.count !== 1) throw new Error(`ticket ${order} has not ${pieces} pieces to give back`)
  await tx`
    UPDATE offers
    SET granted = granted - ${pieces},
        sold = sold - ${pieces},
        quota = quota - ${ended ? pieces : 0},
        sold_out_at = NULL
    WHERE session_id = ${session} AND sku_id = ${sku}`
  if (ended) await returnFromOffer(tx, ticket, { pieces, order, refund })
}

/**
 * Puts pieces that were shipped and are in the shop again on the warehouse's shelf. Ticket and offer stay as
 * they are: they were sold.
 */
export async function shelveReturned(
  tx: Tx,
  { order, refund, pieces }: Omit<ReturnedPieces, 'why'>,
): Promise<void> {
  const [shelf] = await tx<(OfferKey & { warehouse: number })[]>`
    SELECT o.session_id AS session, o.sku_id::text AS sku, o.warehouse_id AS warehouse
    FROM tickets t
    JOIN offers o USING (session_id, sku_id)
    WHERE t.id = ${order}`
  if (!shelf) throw new Error(`the flash order ${order} has no ticket`)
  await shelveShipped(tx, shelf, { pieces, order, refund })
}

async function lockedTicket(tx: Tx, order: OrderId): Promise<Ticket> {
  const [ticket] = await tx<Ticket[]>`
    SELECT o.session_id AS session, o.sku_id::text AS sku, o.warehouse_id AS warehouse,
           o.epoch, o.ended, t.quantity
    FROM offers o
    JOIN tickets t USING (session_id, sku_id)
    WHERE t.id = ${order}
    FOR UPDATE OF o`
  if (!ticket) throw new Error(`the flash order ${order} has no ticket`)
  return ticket
}
