import type { Tx } from '../../db/types.ts'
import type { OfferKey } from '../../domain/flash-sale.ts'

type Shelf = OfferKey & { warehouse: number }

/** Moves pieces from the warehouse to an offer, as many as are free, at the most `pieces`; answers how many. The caller holds the offer's lock. */
export async function moveToOffer(
  tx: Tx,
  { session, sku, warehouse }: Shelf,
  pieces: number,
): Promise<number> {
  const [shelf] = await tx<{ free: number }[]>`
    SELECT on_hand - reserved AS free FROM stock WHERE sku_id = ${sku} AND warehouse_id = ${warehouse} FOR UPDATE`
  const moved = Math.min(pieces, shelf?.free ?? 0)
  if (moved > 0) await move(tx, { session, sku, warehouse }, 'offered', -moved)
  return moved
}

/** Puts pieces of an offer back on the warehouse's shelf. */
export async function returnFromOffer(tx: Tx, shelf: Shelf, pieces: number): Promise<void> {
  if (pieces > 0) await move(tx, shelf, 'returned', pieces)
}

async function move(
  tx: Tx,
  { session, sku, warehouse }: Shelf,
  kind: 'offered' | 'returned',
  pieces: number,
): Promise<void> {
  await tx`
    WITH moved AS (UPDATE stock SET on_hand = on_hand + ${pieces} WHERE sku_id = ${sku} AND warehouse_id = ${warehouse})
    INSERT INTO stock_movements (sku_id, warehouse_id, kind, on_hand, reserved, session_id) VALUES (${sku}, ${warehouse}, ${kind}, ${pieces}, 0, ${session})`
}
