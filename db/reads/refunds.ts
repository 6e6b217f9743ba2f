import type { OrderId, RefundNumber } from '../../domain/ids.ts'
import type { Sql } from '../types.ts'

export type StoredRefund = {
  number: RefundNumber
  cause: 'late' | 'duplicate' | 'wrong_amount' | 'cancelled' | 'operator' | 'reissue'
  state: 'asked' | 'success' | 'closed' | 'abnormal' | 'replaced'
  /** Fen, to whom paid. */
  amount: bigint
  balance: bigint
  points: bigint
  shipping: bigint
  paidTo: 'source' | 'wallet' | 'by_hand' | null
  reason: string
  lines: { line: number; quantity: number }[]
  createdAt: Date
  endedAt: Date | null
}

/**
 * Every refund of an order, the first one first: of the whole, of parts, and of money that came too late or
 * twice.
 */
export function readRefunds(sql: Sql, order: OrderId) {
  return sql<StoredRefund[]>`
    SELECT number,
           cause,
           state,
           amount_fen AS amount,
           balance_fen AS balance,
           points,
           shipping_fen AS shipping,
           paid_to AS "paidTo",
           reason,
           COALESCE((
             SELECT jsonb_agg(jsonb_build_object('line', l.line, 'quantity', l.quantity) ORDER BY l.line)
             FROM refund_lines l
             WHERE l.refund = r.number
           ), '[]') AS lines,
           created_at AS "createdAt",
           ended_at AS "endedAt"
    FROM refunds r
    WHERE order_id = ${order}
    ORDER BY created_at, number`
}
