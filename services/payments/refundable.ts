import { pipelined } from '../../db/pipelined.ts'
import type { Tx } from '../../db/types.ts'
import type { AttemptNumber, OrderId } from '../../domain/ids.ts'
import { add, type Fen, fen, minus, zero } from '../../domain/money.ts'
import type { OrderKind, OrderStatus, PayState } from '../../domain/order.ts'
import { OrderUnknown } from '../../domain/order-unknown.ts'
import {
  type Purchase,
  type PurchasedLine,
  type RefundChoice,
  type RefundParts,
  refundParts,
  remainder,
} from '../../domain/refund.ts'
import { refuse } from '../../domain/refusals.ts'

/** A paid order that can be refunded, and what of it shall be. */
export type Refundable = {
  order: OrderId
  status: OrderStatus
  kind: OrderKind
  attempt: AttemptNumber | null
  transaction: string | null
  /**
   * Of money (not points), fen: what the order has kept up to now. Zero where nothing was paid yet: on
   * delivery.
   */
  kept: Fen
  parts: RefundParts
  /** Fen that go back to the provider: nothing of what was due on delivery and never paid. */
  owed: Fen
  /** Whether the shipping fee is refunded with it, also one of nothing. */
  shipping: boolean
}

type Row = {
  status: OrderStatus
  payState: PayState
  kind: OrderKind
  due: bigint
  shipping: bigint
  balance: bigint
  attempt: AttemptNumber | null
  transaction: string | null
}

/**
 * Reads, under the order's lock, what can be refunded of it, and checks what is wanted: by default all that
 * is left.
 * @throws {Refused} not_refundable, nothing_to_refund, refund_exceeds
 */
export async function readRefundable(
  tx: Tx,
  order: OrderId,
  { cause, choice }: { cause: 'cancelled' | 'operator'; choice?: RefundChoice | undefined },
): Promise<Refundable> {
  const row = await refundableRow(tx, order, cause)
  const { purchase, refunded } = await purchaseOf(tx, order, row)
  const wanted = choice ?? remainder(purchase)
  const parts = within(purchase, wanted)
  const { status, kind, attempt, transaction } = row
  const onDelivery = row.payState === 'on_delivery'
  // Nothing was paid of an order on delivery but from wallet and points: it can only be cancelled as a whole.
  if (onDelivery && !parts.whole) return refuse('not_refundable', { status })
  return {
    ...{ order, status, kind, attempt, transaction, parts },
    kept: onDelivery ? zero : minus(add(fen(row.due), fen(row.balance)), refunded),
    owed: onDelivery ? zero : parts.amount,
    shipping: choice === undefined || choice.shipping,
  }
}

const refundableStatuses: Record<'cancelled' | 'operator', readonly OrderStatus[]> = {
  cancelled: ['to_ship'],
  operator: ['to_ship', 'shipped', 'received', 'completed'],
}

async function refundableRow(tx: Tx, order: OrderId, cause: 'cancelled' | 'operator'): Promise<Row> {
  const [row] = await tx<Row[]>`
    SELECT o.status, o.pay_state AS "payState", o.kind,
           o.due_fen AS due, o.shipping_fen AS shipping, o.balance_fen AS balance,
           a.number::text AS attempt, a.transaction
    FROM orders o
    LEFT JOIN attempts a ON a.order_id = o.id AND a.state = 'paid'
    WHERE o.id = ${order}`
  if (!row) throw new OrderUnknown(order)
  if (!refundableStatuses[cause].includes(row.status)) return refuse('not_refundable', { status: row.status })
  if (row.payState === 'refunded') return refuse('nothing_to_refund', {})
  if (row.payState === 'on_delivery' && row.status !== 'to_ship')
    return refuse('not_refundable', { status: row.status })
  return row
}

type Past = { shipping: boolean; money: bigint }

async function purchaseOf(
  tx: Tx,
  order: OrderId,
  { shipping, balance }: Row,
): Promise<{ purchase: Purchase; refunded: Fen }> {
  const [lines, [past]] = await pipelined(tx, [
    tx<PurchasedLine[]>`
      SELECT l.line, l.unit_price_fen AS "unitPrice", l.quantity,
             l.coupon_fen AS coupon, l.points_fen AS points, l.balance_fen AS balance,
             COALESCE((
               SELECT sum(p.quantity)
               FROM refund_lines p
               JOIN refunds r ON r.number = p.refund
               WHERE r.order_id = l.order_id AND p.line = l.line), 0)::int AS refunded
      FROM order_lines l
      WHERE l.order_id = ${order}
      ORDER BY l.line`,
    tx<Past[]>`
      SELECT COALESCE(bool_or(shipping_refunded), false) AS shipping,
             COALESCE(sum(amount_fen + balance_fen), 0)::bigint AS money
      FROM refunds
      WHERE order_id = ${order} AND cause IN ('cancelled', 'operator')`,
  ])
  const shippingRefunded = past?.shipping ?? false
  return {
    purchase: { lines, shipping: fen(shipping), balance: fen(balance), shippingRefunded },
    refunded: fen(past?.money ?? 0n),
  }
}

/** The parts of this choice, or a refusal when it is nothing, or more than is left. */
function within(purchase: Purchase, choice: RefundChoice): RefundParts {
  const left = remainder(purchase)
  if (choice.lines.length === 0 && !(choice.shipping && left.shipping)) return refuse('nothing_to_refund', {})
  for (const { line, quantity } of choice.lines) {
    const available = left.lines.find((one) => one.line === line)?.quantity ?? 0
    if (quantity > available) return refuse('refund_exceeds', { line, available })
  }
  return refundParts(purchase, choice)
}
