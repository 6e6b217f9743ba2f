import type { Tx } from '../../db/types.ts'
import type { OfferKey } from '../../domain/flash-sale.ts'
import type { OrderId, RefundNumber } from '../../domain/ids.ts'
import { moveShelves } from './shelves.ts'

/** The shelf that an offer's pieces come from. */
export type OfferShelf = OfferKey & { warehouse: number }

/**
 * Moves at most `pieces` free pieces from the shelf to an offer, and answers how many. The caller holds the
 * offer's lock.
 */
export async function moveToOffer(tx: Tx, shelf: OfferShelf, pieces: number): Promise<number> {
  const { session, sku, warehouse } = shelf
  const [row] = await tx<{ free: number }[]>`
    SELECT on_hand - reserved AS free
    FROM stock
    WHERE sku_id = ${sku} AND warehouse_id = ${warehouse}
    FOR UPDATE`
  const moved = Math.min(pieces, row?.free ?? 0)
  if (moved > 0) await moveShelves(tx, [{ sku, warehouse, pieces: moved }], { kind: 'offered', session })
  return moved
}

/**
 * Puts pieces of an offer back on its shelf: those that nobody was granted, or that an order gave back after
 * the session's end.
 */
export async function returnFromOffer(
  tx: Tx,
  { session, sku, warehouse }: OfferShelf,
  { pieces, ...cause }: { pieces: number; order?: OrderId; refund?: RefundNumber },
): Promise<void> {
  if (pieces === 0) return
  await moveShelves(tx, [{ sku, warehouse, pieces }], { kind: 'returned', session, ...cause })
}

/**
 * Pieces of a flash order that were shipped and have come back to the shop: on the shelf again, and sold by
 * the offer all the same.
 */
export async function shelveShipped(
  tx: Tx,
  { sku, warehouse }: OfferShelf,
  { pieces, ...cause }: { pieces: number; order: OrderId; refund: RefundNumber },
): Promise<void> {
  if (pieces > 0) await moveShelves(tx, [{ sku, warehouse, pieces }], { kind: 'refunded', ...cause })
}
