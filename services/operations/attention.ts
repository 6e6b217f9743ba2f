import type { Sql, Tx } from '../../db/types.ts'
import type { OrderId } from '../../domain/ids.ts'

/** Why a human should look; each is explained, with what to do, in docs/operations.md. */
export type AttentionReason =
  | 'close_unknown'
  | 'unknown_trade'
  | 'foreign_notification'
  | 'order_without_workflow'
  | 'order_overdue'
  | 'refund_stuck'
  | 'refund_failed'
  | 'refund_paid_twice'
  | 'unknown_refund'
  | 'provider_missing'
  | 'statement_differs'
  | 'statement_missing'
  | 'statement_unmatched'
  | 'statements_unplanned'
  | 'notification_unresolved'
  | 'ticket_waiting'
  | 'queue_entry_unreadable'
  | 'gate_recounted'
  | 'gate_queue_lost'
  | 'session_ended_without_gate'
  | 'quota_short'

type About = {
  reason: AttentionReason
  subject: string
  orderId?: OrderId | null
  details?: Record<string, string>
  /** Whether an open row of the same reason and subject gets these details. */
  refresh?: boolean
}

/**
 * Asks a human to act. Again about the same thing it changes nothing, or only the details, while a row is
 * open.
 */
export async function raiseAttention(
  sql: Sql | Tx,
  { reason, subject, orderId = null, details = {}, refresh = false }: About,
): Promise<void> {
  await sql`
    INSERT INTO attention AS open (reason, subject, order_id, details)
    VALUES (${reason}, ${subject}, ${orderId}, ${JSON.stringify(details)}::jsonb)
    ON CONFLICT (reason, subject) WHERE cleared_at IS NULL DO UPDATE
    SET details = excluded.details
    WHERE ${refresh}
      AND open.details <> excluded.details`
}

/** The cause is gone. */
export async function clearAttention(sql: Sql | Tx, reason: AttentionReason, subject: string): Promise<void> {
  await sql`
    UPDATE attention
    SET cleared_at = now()
    WHERE reason = ${reason} AND subject = ${subject} AND cleared_at IS NULL`
}
