import type { Sql } from '../../db/types.ts'

/**
 * Clears what asks for a human and has been settled since: whoever settled it need not know that somebody was
 * asked.
 */
export async function clearSettled(sql: Sql): Promise<void> {
  await sql`
    UPDATE attention a SET cleared_at = now()
    FROM orders o
    WHERE a.reason IN ('order_overdue', 'order_without_workflow')
      AND a.cleared_at IS NULL
      AND o.id = a.order_id
      AND o.status NOT IN ('placing', 'awaiting_payment', 'closing')`
  await sql`
    UPDATE attention a SET cleared_at = now()
    FROM notifications n
    WHERE a.reason = 'notification_unresolved'
      AND a.cleared_at IS NULL
      AND n.id = CASE WHEN a.reason = 'notification_unresolved' THEN a.subject::bigint END
      AND n.outcome IS NOT NULL`
  await sql`
    UPDATE attention a SET cleared_at = now()
    FROM tickets t
    WHERE a.reason = 'ticket_waiting'
      AND a.cleared_at IS NULL
      AND t.id = CASE WHEN a.reason = 'ticket_waiting' THEN a.subject::bigint END
      AND t.state <> 'waiting'`
}

/**
 * Clears what an order's closing or a refund asked for whose workflow was terminated before it could clear
 * it.
 */
export async function clearEnded(sql: Sql): Promise<void> {
  await sql`
    UPDATE attention a SET cleared_at = now()
    FROM orders o
    WHERE a.reason = 'close_unknown'
      AND a.cleared_at IS NULL
      AND o.id = a.order_id
      AND o.status <> 'closing'`
  await sql`
    UPDATE attention a SET cleared_at = now()
    FROM refunds r
    WHERE a.reason = 'refund_stuck'
      AND a.cleared_at IS NULL
      AND r.number = a.subject
      AND r.state <> 'asked'`
}

/** Clears `provider_missing` for providers without an attempt that nobody can be asked about. */
export async function clearProvidersMissing(sql: Sql): Promise<void> {
  await sql`
    UPDATE attention SET cleared_at = now()
    WHERE reason = 'provider_missing'
      AND cleared_at IS NULL
      AND NOT EXISTS (
        SELECT 1 FROM attempts a
        WHERE a.provider = subject
          AND a.next_ask_at < now() - interval '1 minute'
          AND a.state IN ('opening', 'open'))`
}
