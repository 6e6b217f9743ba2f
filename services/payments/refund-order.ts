import { pipelined } from '../../db/pipelined.ts'
import type { Sql, Tx } from '../../db/types.ts'
import type { AttemptNumber, OrderId, RefundNumber } from '../../domain/ids.ts'
import { type Fen, fen } from '../../domain/money.ts'
import type { OrderKind, OrderStatus, PayState } from '../../domain/order.ts'
import { OrderUnknown } from '../../domain/order-unknown.ts'
import {
  type Bought,
  type BoughtLine,
  type RefundChoice,
  type RefundParts,
  refundParts,
  remainder,
} from '../../domain/refund.ts'
import { refuse } from '../../domain/refusals.ts'
import { giveBack, untakeOffer } from '../flash-sales/offers.ts'
import { unspendCoupon } from '../inventory/coupons.ts'
import { takeBackEarned } from '../inventory/points.ts'
import { restock, uncountSales } from '../inventory/stock.ts'
import { lockOrder, moveOrder } from '../orders/status.ts'

/** What somebody wants back of a paid order, and why. `key`: the same one is the same refund. Without `choice`: all that is left. */
export type RefundWish = {
  key: string
  cause: 'cancelled' | 'operator'
  choice?: RefundChoice | undefined
  reason: string
  /** Whether the pieces are on our shelves (again). Undefined: when the order has not been shipped. */
  restock?: boolean | undefined
}

type Row = {
  status: OrderStatus
  payState: PayState
  kind: OrderKind
  shipping: bigint
  balance: bigint
  attempt: AttemptNumber | null
  transaction: string | null
}

/**
 * Refunds a paid order, whole or in part, in one transaction: what came from wallet and points is there again with its commit, the money is
 * reserved for its way back (the jobs starts the workflow that sends it). An order that is refunded whole before it was shipped is closed,
 * its coupon, pieces and place in a flash sale given back. Refuses `not_refundable`, `nothing_to_refund`, `refund_exceeds`, `refund_reused`.
 */
export function refundOrder(sql: Sql, order: OrderId, wish: RefundWish): Promise<RefundNumber> {
  const number = `order-${order}-${wish.key}` as RefundNumber // The one place that makes an order's refund's number.
  const fingerprint = JSON.stringify([wish.cause, wish.choice ?? null, wish.reason, wish.restock ?? null])
  return sql.begin(async (tx) => {
    await lockOrder(tx, order)
    const [known] = await tx<
      { fingerprint: string }[]
    >`SELECT fingerprint FROM refunds WHERE number = ${number}`
    if (known) return known.fingerprint === fingerprint ? number : refuse('refund_reused', { key: wish.key })
    const row = await refundable(tx, order, wish)
    const bought = await boughtOf(tx, order, row)
    const choice = wish.choice ?? remainder(bought)
    const parts = within(bought, choice)
    // Nothing was paid of an order on delivery but from wallet and points: it can only be called off as a whole.
    if (row.payState === 'on_delivery' && !parts.whole)
      return refuse('not_refundable', { status: row.status })
    await insertRefund(tx, number, order, row, wish, parts, fingerprint)
    await giveMoneyBack(tx, number, order, row, parts)
    await giveGoodsBack(tx, number, order, row, parts, wish)
    return number
  })
}

async function refundable(tx: Tx, order: OrderId, { cause }: RefundWish): Promise<Row> {
  const [row] = await tx<Row[]>`
    SELECT o.status, o.pay_state AS "payState", o.kind, o.shipping_fen AS shipping, o.balance_fen AS balance, a.number::text AS attempt, a.transaction
    FROM orders o LEFT JOIN attempts a ON a.order_id = o.id AND a.state = 'paid' WHERE o.id = ${order}`
  const mayBe: OrderStatus[] =
    cause === 'cancelled' ? ['to_ship'] : ['to_ship', 'shipped', 'received', 'completed']
  if (!row) throw new OrderUnknown(order)
  if (!mayBe.includes(row.status)) return refuse('not_refundable', { status: row.status })
  if (row.payState === 'refunded') return refuse('nothing_to_refund', {})
  if (row.payState === 'on_delivery' && row.status !== 'to_ship')
    return refuse('not_refundable', { status: row.status })
  return row
}

async function boughtOf(tx: Tx, order: OrderId, { shipping, balance }: Row): Promise<Bought> {
  const [lines, [past]] = await pipelined(tx, [
    tx<BoughtLine[]>`
      SELECT l.line, l.unit_price_fen AS "unitPrice", l.quantity, l.coupon_fen AS coupon, l.points_fen AS points, l.balance_fen AS balance,
        COALESCE((SELECT sum(p.quantity) FROM refund_lines p JOIN refunds r ON r.number = p.refund WHERE r.order_id = l.order_id AND p.line = l.line), 0)::int AS refunded
      FROM order_lines l WHERE l.order_id = ${order} ORDER BY l.line`,
    tx<
      { shipping: boolean }[]
    >`SELECT COALESCE(bool_or(shipping_refunded), false) AS shipping FROM refunds WHERE order_id = ${order}`,
  ])
  return { lines, shipping: fen(shipping), balance: fen(balance), shippingRefunded: past?.shipping ?? false }
}

/** The parts of this choice, or a refusal when it is nothing, or more than is left. */
function within(bought: Bought, choice: RefundChoice): RefundParts {
  const left = remainder(bought)
  if (choice.lines.length === 0 && !(choice.shipping && left.shipping)) return refuse('nothing_to_refund', {})
  for (const { line, quantity } of choice.lines) {
    const available = left.lines.find((one) => one.line === line)?.quantity ?? 0
    if (quantity > available) return refuse('refund_exceeds', { line, available })
  }
  return refundParts(bought, choice)
}

async function insertRefund(
  tx: Tx,
  number: RefundNumber,
  order: OrderId,
  row: Row,
  { cause, reason, choice }: RefundWish,
  parts: RefundParts,
  fingerprint: string,
): Promise<void> {
  const { balance, points, shipping, lines } = parts
  const amount = owed(row, parts)
  const withMoney = amount > 0n
  await tx`
    INSERT INTO refunds (number, attempt, order_id, cause, transaction, amount_fen, balance_fen, points, shipping_fen, shipping_refunded, reason, fingerprint, state,
      paid_to, ended_at)
    VALUES (${number}, ${withMoney ? row.attempt : null}, ${order}, ${cause}, ${withMoney ? row.transaction : null}, ${amount}, ${balance}, ${points}, ${shipping},
      ${choice === undefined || choice.shipping}, ${reason}, ${fingerprint}, ${withMoney ? 'asked' : 'success'}, ${withMoney ? null : 'source'},
      ${withMoney ? null : new Date()})`
  const column = <T>(of: (line: (typeof lines)[number]) => T): T[] => lines.map(of)
  await tx`
    INSERT INTO refund_lines (refund, line, quantity, amount_fen, balance_fen, points_fen)
    SELECT ${number}, * FROM unnest(
      ${column(({ line }) => line)}::int[], ${column(({ quantity }) => quantity)}::int[], ${column(({ amount }) => amount.toString())}::bigint[],
      ${column(({ balance }) => balance.toString())}::bigint[], ${column(({ points }) => points.toString())}::bigint[])`
}

/** What was due on delivery was never paid. */
const owed = ({ payState }: Row, { amount }: RefundParts): Fen =>
  payState === 'on_delivery' ? fen(0) : amount

async function giveMoneyBack(
  tx: Tx,
  number: RefundNumber,
  order: OrderId,
  row: Row,
  parts: RefundParts,
): Promise<void> {
  const { balance, points } = parts
  const amount = owed(row, parts)
  if (amount > 0n) {
    const reserved =
      await tx`UPDATE attempts SET refunding_fen = refunding_fen + ${amount} WHERE number = ${row.attempt} AND state = 'paid'`
    if (reserved.count !== 1) throw new Error(`order ${order} is paid, and no attempt has its money`)
  }
  if (balance > 0n)
    await tx`
      WITH back AS (
        UPDATE wallets w SET balance_fen = w.balance_fen + ${balance} FROM orders o WHERE o.id = ${order} AND w.user_id = o.buyer_id RETURNING w.user_id)
      INSERT INTO wallet_movements (user_id, kind, amount_fen, order_id, refund) SELECT user_id, 'order_refund', ${balance}, ${order}, ${number} FROM back`
  if (points > 0n)
    await tx`
      WITH back AS (
        UPDATE loyalty l SET points = l.points + ${points} FROM orders o WHERE o.id = ${order} AND l.user_id = o.buyer_id RETURNING l.user_id)
      INSERT INTO points_movements (user_id, kind, points, order_id, refund) SELECT user_id, 'refund', ${points}, ${order}, ${number} FROM back`
}

/** In the order of locks: stock or offer, coupon, loyalty, then the hot counters. */
async function giveGoodsBack(
  tx: Tx,
  number: RefundNumber,
  order: OrderId,
  row: Row,
  parts: RefundParts,
  wish: RefundWish,
): Promise<void> {
  const { whole, lines } = parts
  const unshipped = row.status === 'to_ship'
  const closes = whole && unshipped
  if (row.kind === 1 && (wish.restock ?? unshipped)) await restock(tx, order, number, lines)
  if (closes) {
    const why = wish.cause === 'cancelled' ? 'buyer_cancelled' : 'operator_cancelled'
    await moveOrder(
      tx,
      order,
      'closed',
      `refunded by ${number}`,
      tx`, pay_state = 'refunded', closed_at = now(), closed_why = ${why}`,
    )
    if (row.kind === 2) {
      await untakeOffer(tx, order)
      await giveBack(tx, order, why)
    }
    await unspendCoupon(tx, order)
  } else {
    await tx`
      WITH refunded AS (UPDATE orders SET pay_state = ${whole ? 'refunded' : 'partly_refunded'} WHERE id = ${order} RETURNING id, status)
      INSERT INTO order_log (order_id, from_status, to_status, why) SELECT id, status, status, ${`refunded by ${number}`} FROM refunded`
  }
  if (!whole) return
  await takeBackEarned(tx, order, number)
  await uncountSales(tx, order)
}
