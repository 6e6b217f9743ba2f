import type { Sql, Tx } from '../../db/types.ts'
import type { OrderId, RefundNumber } from '../../domain/ids.ts'
import { add } from '../../domain/money.ts'
import { type ClosedWhy, kinds } from '../../domain/order.ts'
import { pointsTakenBack } from '../../domain/points.ts'
import type { RefundChoice } from '../../domain/refund.ts'
import { refuse } from '../../domain/refusals.ts'
import { returnPieces, shelveReturned } from '../flash-sales/return-pieces.ts'
import { unspendCoupon } from '../inventory/coupons.ts'
import { refundPoints, takePointsBack } from '../inventory/points.ts'
import { uncountSales } from '../inventory/sales.ts'
import { restock } from '../inventory/stock.ts'
import { credit } from '../inventory/wallet.ts'
import { lockOrder, moveOrder, setPayState } from '../orders/status.ts'
import { insertRefund, type ReturnedTo } from './insert-refund.ts'
import { type Refundable, readRefundable } from './refundable.ts'

/**
 * What somebody wants back of a paid order, and why. `key`: the same one is the same refund. Without
 * `choice`: all that is left.
 */
export type RefundRequest = {
  key: string
  cause: 'cancelled' | 'operator'
  choice?: RefundChoice | undefined
  reason: string
  /** Who asks: the subject of an operator's token, or the buyer's id. */
  askedBy: string
  /** Whether the pieces are on our shelves (again). Undefined: when the order has not been shipped. */
  restock?: boolean | undefined
}

/**
 * Refunds a paid order, whole or in part, in one transaction. What came from wallet and points is back with
 * its commit, the points that the money had earned are taken back, and the money is reserved for its way back
 * (the jobs start the workflow that sends it). An order that is refunded whole before it was shipped is
 * closed; its coupon is its buyer's again.
 * Goods before money, in the one order of locks (docs/architecture.md): order, attempt, stock or offer,
 * coupon, wallet, loyalty, sales.
 * @throws {Refused} not_refundable, nothing_to_refund, refund_exceeds, refund_reused
 */
export function refundOrder(sql: Sql, order: OrderId, request: RefundRequest): Promise<RefundNumber> {
  const { key, cause, choice, reason, askedBy } = request
  // The one place that makes an order's refund's number.
  const number = `order-${order}-${key}` as RefundNumber
  const fingerprint = JSON.stringify([cause, choice ?? null, reason, request.restock ?? null])
  return sql.begin(async (tx) => {
    await lockOrder(tx, order)
    const [known] = await tx<{ fingerprint: string }[]>`
      SELECT fingerprint
      FROM refunds
      WHERE number = ${number}`
    if (known) return known.fingerprint === fingerprint ? number : refuse('refund_reused', { key })
    const refundable = await readRefundable(tx, order, { cause, choice })
    const returnedTo = returnsTo(refundable, request)
    await insertRefund(tx, { number, cause, reason, askedBy, fingerprint, returnedTo }, refundable)
    await reserveMoney(tx, refundable)
    const why = cause === 'cancelled' ? 'buyer_cancelled' : 'operator_cancelled'
    await returnGoods(tx, { number, returnedTo, why }, refundable)
    await writeStatus(tx, { number, why }, refundable)
    await returnMoney(tx, number, refundable)
    if (refundable.parts.whole) await uncountSales(tx, order)
    return number
  })
}

/**
 * Pieces of a flash sale that were not shipped belong to their offer again; whatever else is on our shelves,
 * to the warehouse.
 */
function returnsTo({ status, kind }: Refundable, request: RefundRequest): ReturnedTo {
  const unshipped = status === 'to_ship'
  if (!(request.restock ?? unshipped)) return null
  return kind === kinds.seckill && unshipped ? 'offer' : 'shelf'
}

/**
 * Reserves what goes back to the provider: what was captured bounds all refunds together (CHECK
 * refunds_within_capture).
 */
async function reserveMoney(tx: Tx, { order, attempt, owed }: Refundable): Promise<void> {
  if (owed === 0n) return
  const reserved = await tx`
    UPDATE attempts
    SET refunding_fen = refunding_fen + ${owed}
    WHERE number = ${attempt} AND state = 'paid'`
  if (reserved.count !== 1) throw new Error(`order ${order} is paid, and no attempt has its money`)
}

async function returnGoods(
  tx: Tx,
  { number: refund, returnedTo, why }: { number: RefundNumber; returnedTo: ReturnedTo; why: ClosedWhy },
  { order, kind, parts: { lines } }: Refundable,
): Promise<void> {
  const pieces = lines.reduce((sum, { quantity }) => sum + quantity, 0)
  if (returnedTo === null || pieces === 0) return
  if (kind === kinds.normal) await restock(tx, { order, refund, lines })
  else if (returnedTo === 'offer') await returnPieces(tx, { order, refund, pieces, why })
  else await shelveReturned(tx, { order, refund, pieces })
}

/**
 * A whole refund before shipping closes the order, and its coupon is unused again; any other leaves its
 * status.
 */
async function writeStatus(
  tx: Tx,
  { number, why: closedWhy }: { number: RefundNumber; why: ClosedWhy },
  { order, status, parts: { whole } }: Refundable,
): Promise<void> {
  const why = `refunded by ${number}`
  if (!whole || status !== 'to_ship')
    return await setPayState(tx, { order, payState: whole ? 'refunded' : 'partly_refunded', why })
  const also = tx`, pay_state = 'refunded', closed_at = now(), closed_why = ${closedWhy}`
  await moveOrder(tx, { order, next: 'closed', why, also })
  await unspendCoupon(tx, order)
}

/** What came from wallet and points goes back at once; what the refunded money had earned is taken back. */
async function returnMoney(tx: Tx, refund: RefundNumber, refundable: Refundable): Promise<void> {
  const { order, kept, owed, parts } = refundable
  const { balance, points } = parts
  if (balance > 0n) await credit(tx, { order, kind: 'order_refund', amount: balance, refund })
  if (points > 0n) await refundPoints(tx, order, { refund, points })
  if (kept > 0n)
    await takePointsBack(tx, order, { refund, points: pointsTakenBack(kept, add(owed, balance)) })
}
