import { pipelined } from '../../db/pipelined.ts'
import type { Tx } from '../../db/types.ts'
import type { OrderId, SessionId, SkuId } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusals.ts'
import { returnFromOffer } from '../inventory/offer-stock.ts'

type Row = { session: SessionId; sku: SkuId; quantity: number }
type Offer = { epoch: number; ended: boolean; warehouse: number; coolOffMs: number }

/**
 * Why a ticket is given back. `coolOff`: its buyer let it go unpaid, and has to wait for the session's
 * `cool_off_ms` before joining the offer again.
 */
export type GivingBack = { why: string; coolOff?: boolean }

/**
 * Takes the ticket's pieces for its order: from now on they are sold.
 * @throws {Refused} out_of_stock when the offer has none, which the gate and staging should prevent
 */
export async function takeOffer(tx: Tx, order: OrderId): Promise<void> {
  const [taken, live] = await pipelined(tx, [
    tx`
      UPDATE offers o
      SET sold = o.sold + t.quantity
      FROM tickets t
      WHERE t.id = ${order}
        AND t.state = 'waiting'
        AND o.session_id = t.session_id
        AND o.sku_id = t.sku_id
        AND o.sold + t.quantity <= o.quota`,
    tx<{ sku: SkuId }[]>`
      UPDATE tickets
      SET state = 'live'
      WHERE id = ${order}
        AND state = 'waiting'
      RETURNING sku_id::text AS sku`,
  ])
  if (taken.count === 1 && live.count === 1) return
  const [ticket] = await tx<{ sku: SkuId }[]>`SELECT sku_id::text AS sku FROM tickets WHERE id = ${order}`
  refuse('out_of_stock', { skus: ticket ? [ticket.sku] : [] })
}

/** Undoes `takeOffer`; the ticket waits again, for `giveBack` in the same transaction. */
export async function untakeOffer(tx: Tx, order: OrderId): Promise<void> {
  await tx`
    UPDATE offers o
    SET sold = o.sold - t.quantity
    FROM tickets t
    WHERE t.id = ${order}
      AND o.session_id = t.session_id
      AND o.sku_id = t.sku_id`
  await tx`
    UPDATE tickets
    SET state = 'waiting'
    WHERE id = ${order}
      AND state IN ('live', 'paid')`
}

/**
 * Gives a ticket's pieces back, once, in the transaction that ends its order, under the offer's lock: to the
 * session while it runs (the consumer syncs the gate, with the epoch that is read here), to the warehouse
 * after it. Does nothing for an order without a ticket.
 */
export async function giveBack(tx: Tx, order: OrderId, { why, coolOff = false }: GivingBack): Promise<void> {
  const [ticket] = await tx<Row[]>`
    SELECT session_id AS session,
           sku_id::text AS sku,
           quantity
    FROM tickets
    WHERE id = ${order}
      AND state = 'waiting'`
  if (!ticket) return
  const { session, sku, quantity } = ticket
  const [offer] = await tx<Offer[]>`
    SELECT o.epoch,
           o.ended,
           o.warehouse_id AS warehouse,
           s.cool_off_ms AS "coolOffMs"
    FROM offers o
    JOIN sessions s ON s.id = o.session_id
    WHERE o.session_id = ${session}
      AND o.sku_id = ${sku}
    FOR UPDATE OF o`
  if (!offer) throw new Error(`ticket ${order} is of no offer`)
  const { epoch, ended, warehouse, coolOffMs } = offer
  const coolOffS = coolOff && !ended && coolOffMs > 0 ? coolOffMs / 1000 : null
  const given = await tx`
    UPDATE tickets
    SET state = 'given_back',
        reason = ${why},
        ended_at = now(),
        cool_until = now() + make_interval(secs => ${coolOffS}),
        sync = CASE WHEN ${ended} THEN NULL ELSE 'given_back' END,
        sync_epoch = ${epoch},
        sync_at = CASE WHEN ${ended} THEN NULL ELSE now() END
    WHERE id = ${order}
      AND state = 'waiting'`
  if (given.count === 0) return
  await tx`
    UPDATE offers
    SET granted = granted - ${quantity},
        quota = quota - ${ended ? quantity : 0},
        sold_out_at = NULL
    WHERE session_id = ${session}
      AND sku_id = ${sku}`
  if (ended) await returnFromOffer(tx, { session, sku, warehouse }, { pieces: quantity, order })
}

/**
 * Notes that the ticket's order is paid; the consumer syncs the gate. Does nothing for an order without a
 * ticket.
 */
export async function payTicket(tx: Tx, order: OrderId): Promise<void> {
  await tx`
    UPDATE tickets
    SET state = 'paid',
        sync = 'paid',
        sync_at = now()
    WHERE id = ${order}
      AND state = 'live'`
}
