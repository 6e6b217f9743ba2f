import type { AddressSnapshot } from '../../domain/address.ts'
import type { AttemptNumber, OrderId, SkuId, UserId } from '../../domain/ids.ts'
import { hidden, type OrderStatus } from '../../domain/order.ts'
import type { OpenAnswer } from '../../domain/payment.ts'
import type { orders } from '../schema/index.ts'
import type { Sql } from '../types.ts'

type Columns = typeof orders.$inferSelect

/** An order with its lines as they were. Amounts of lines are text: they come as JSON. */
export type StoredOrder = Omit<Columns, 'id' | 'buyerId' | 'userCouponId' | 'runId' | 'fingerprint'> & {
  id: OrderId
  userCouponId: string | null
  address: AddressSnapshot | null
  lines: StoredLine[]
}

export type StoredLine = {
  line: number
  sku: SkuId
  name: string
  image: string
  attributes: Record<string, string>
  unitPrice: string
  quantity: number
  coupon: string
  points: string
  balance: string
}

export type LogEntry = { at: Date; from: OrderStatus | null; to: OrderStatus; why: string }

export type StoredAttempt = {
  number: AttemptNumber
  channel: string
  state: 'opening' | 'open' | 'paid' | 'closed' | 'failed'
  amount: bigint
  captured: bigint
  refunding: bigint
  refunded: bigint
  /** What is needed to pay, while the attempt can still be paid. */
  answer: OpenAnswer | null
  openedAt: Date
  expiresAt: Date
  endedAt: Date | null
}

const columns = (sql: Sql) => sql`
  o.id::text AS id,
  o.kind,
  o.source,
  o.status,
  o.pay_state AS "payState",
  o.shipping_state AS "shippingState",
  o.payment,
  o.goods_fen AS "goodsFen",
  o.shipping_fen AS "shippingFen",
  o.coupon_fen AS "couponFen",
  o.points_fen AS "pointsFen",
  o.balance_fen AS "balanceFen",
  o.due_fen AS "dueFen",
  o.points,
  o.user_coupon_id::text AS "userCouponId",
  o.address,
  o.note,
  o.refusal,
  o.closed_why AS "closedWhy",
  o.placed_at AS "placedAt",
  o.confirmed_at AS "confirmedAt",
  o.pay_by AS "payBy",
  o.paid_at AS "paidAt",
  o.closed_at AS "closedAt",
  COALESCE((
    SELECT jsonb_agg(
      jsonb_build_object(
        'line', l.line,
        'sku', l.sku_id::text,
        'name', l.name,
        'image', l.image,
        'attributes', l.attributes,
        'unitPrice', l.unit_price_fen::text,
        'quantity', l.quantity,
        'coupon', l.coupon_fen::text,
        'points', l.points_fen::text,
        'balance', l.balance_fen::text
      ) ORDER BY l.line)
    FROM order_lines l
    WHERE l.order_id = o.id
  ), '[]') AS lines`

/** The buyer's order with its lines, in one statement; undefined: there is none, or it is somebody else's. */
export async function readOrder(sql: Sql, id: OrderId, buyer: UserId): Promise<StoredOrder | undefined> {
  const [order] = await sql<StoredOrder[]>`
    SELECT ${columns(sql)}
    FROM orders o
    WHERE o.id = ${id}
      AND o.buyer_id = ${buyer}`
  return order
}

type Page = { status?: OrderStatus | undefined; before?: string | undefined; limit: number }

/** The buyer's orders, newest first, older than `before`; without those that a buyer's list hides. */
export function listOrders(sql: Sql, buyer: UserId, { status, before, limit }: Page) {
  return sql<StoredOrder[]>`
    SELECT ${columns(sql)}
    FROM orders o
    WHERE o.buyer_id = ${buyer}
      AND NOT o.status = ANY(${[...hidden]}::text[])
      ${status ? sql`AND o.status = ${status}` : sql``}
      ${before ? sql`AND o.id < ${before}` : sql``}
    ORDER BY o.id DESC
    LIMIT ${limit}`
}

/** What happened to an order, the first entry first. */
export function readLog(sql: Sql, id: OrderId) {
  return sql<LogEntry[]>`
    SELECT at, from_status AS "from", to_status AS "to", why
    FROM order_log
    WHERE order_id = ${id}
    ORDER BY id`
}

/** Every attempt to pay an order, the first one first. */
export function readAttempts(sql: Sql, id: OrderId) {
  return sql<StoredAttempt[]>`
    SELECT number::text AS number,
           channel,
           state,
           amount_fen AS amount,
           captured_fen AS captured,
           refunding_fen AS refunding,
           refunded_fen AS refunded,
           CASE WHEN state = 'open' THEN answer END AS answer,
           opened_at AS "openedAt",
           expires_at AS "expiresAt",
           ended_at AS "endedAt"
    FROM attempts
    WHERE order_id = ${id}
    ORDER BY number`
}
