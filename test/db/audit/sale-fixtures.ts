import { Redis } from 'ioredis'
import { inject } from 'vitest'
import type { Sql } from '../../../db/types.ts'
import type { OfferKey, TicketId } from '../../../domain/flash-sale.ts'
import type { AddressId, Ids, SkuId, UserId } from '../../../domain/ids.ts'
import { createGate } from '../../../redis/gate/gate.ts'
import type { Queued } from '../../../redis/gate/queue.ts'
import { endSession } from '../../../services/flash-sales/end-session.ts'
import { preheat } from '../../../services/flash-sales/preheat.ts'
import { closeOrder } from '../../../services/orders/close.ts'
import { placeInOneTransaction } from '../../../services/orders/place.ts'
import { refundOrder } from '../../../services/payments/refund-order.ts'
import { type Joiner, planSession } from '../../support/flash-sale.ts'
import { flashOrder, staged } from '../../support/tickets.ts'

/**
 * A flash sale that runs, one ticket of each life in it, and one that has ended, with a piece that came back
 * before its end and one after.
 */
export type SaleFixture = {
  running: OfferKey
  ended: OfferKey
  waiting: TicketId
  live: TicketId
  /** Of two pieces, as many as a buyer may have. */
  paid: TicketId
  closed: TicketId
  rejected: TicketId
  /** By staging. */
  refused: TicketId
  late: TicketId
  /** Two pieces, one of them refunded before shipping. */
  partlyRefunded: TicketId
  /** Refunded whole before shipping. */
  refunded: TicketId
  /** Shipped, and one of its pieces is in the shop again. */
  shelved: TicketId
}

/** `pay`: has the order's buyer pay it from the wallet. */
export async function saleFixture(
  sql: Sql,
  ids: Ids,
  pay: (order: TicketId, buyer: UserId) => Promise<void>,
): Promise<SaleFixture> {
  const redis = new Redis(inject('redisUrl'))
  const open = async (sku: string, quota: number): Promise<OfferKey> => {
    // The seed's.
    const { session } = await planSession(sql, { offers: [{ sku: sku as SkuId, quota, limit: 2 }] })
    await preheat({ sql, gate: createGate(redis) }, session)
    return { session, sku: sku as SkuId }
  }
  const ticket = async (offer: OfferKey, buyer: Joiner, but?: Partial<Omit<Queued, 'buyer'>>) =>
    await staged({ sql, ids }, offer, { buyer, ...but })
  const placed = async (
    offer: OfferKey,
    buyer: Joiner,
    but?: Partial<Omit<Queued, 'buyer'>>,
  ): Promise<TicketId> => {
    const id = await ticket(offer, buyer, but)
    await placeInOneTransaction(sql, await flashOrder(sql, id), 'run')
    return id
  }
  const closedAfter = async (id: TicketId): Promise<TicketId> => {
    await closeOrder(sql, id, 'pay_timeout')
    return id
  }
  try {
    const buyers = await sql<Joiner[]>`
      SELECT user_id::text AS id, a.id::text AS "addressId" FROM addresses a JOIN wallets w USING (user_id)
      WHERE is_default ORDER BY balance_fen DESC, user_id LIMIT 6`
    const [rich, first, second, third, fourth, fifth] = buyers
    if (!rich || !first || !second || !third || !fourth || !fifth)
      throw new Error('the seed made fewer buyers')
    const [running, ended] = [await open('1003', 10), await open('1004', 5)]
    const paid = await placed(running, rich, { pieces: 2 })
    await pay(paid, rich.id)
    const lives = {
      waiting: await ticket(running, first),
      live: await placed(running, second),
      paid,
      closed: await closedAfter(await placed(running, third)),
      rejected: await placed(running, { ...fourth, addressId: '1' as AddressId }), // Nobody's.
      refused: await ticket(running, fifth, { epoch: 7 }),
    }
    const partOf = (order: TicketId, restock?: boolean) =>
      refundOrder(sql, order, {
        ...{ key: 'one', cause: 'operator', reason: 'broken', askedBy: 'operator-7', restock },
        choice: { lines: [{ line: 1, quantity: 1 }], shipping: false },
      })
    const refunding = await open('1005', 10)
    const bought = async (buyer: Joiner): Promise<TicketId> => {
      const id = await placed(refunding, buyer, { pieces: 2 })
      await pay(id, buyer.id)
      return id
    }
    const refunds = {
      partlyRefunded: await bought(rich),
      refunded: await bought(first),
      shelved: await bought(second),
    }
    await partOf(refunds.partlyRefunded)
    const all = { key: 'cancelled', cause: 'cancelled', reason: '', askedBy: first.id } as const
    await refundOrder(sql, refunds.refunded, all)
    await sql`UPDATE orders SET status = 'shipped' WHERE id = ${refunds.shelved}`
    await sql`
      INSERT INTO order_log (order_id, from_status, to_status, why)
      VALUES (${refunds.shelved}, 'to_ship', 'shipped', 'test')`
    await partOf(refunds.shelved, true)
    await closedAfter(await placed(ended, first))
    const late = await placed(ended, second)
    await pay(await placed(ended, rich), rich.id)
    await endSession(sql, ended.session)
    return { running, ended, ...lives, ...refunds, late: await closedAfter(late) }
  } finally {
    redis.disconnect()
  }
}
