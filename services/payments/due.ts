import type { Sql } from '../../db/types.ts'
import type { AttemptNumber, NotificationId, OrderId, RefundNumber } from '../../domain/ids.ts'
import type { OrderStatus } from '../../domain/order.ts'

/** A notification whose outcome nobody has written. `delivered`: how often it has been taken, this time included. */
export type DueNotification = {
  id: NotificationId
  kind: 'payment' | 'refund'
  orderId: OrderId | null
  delivered: number
}

/**
 * Takes notifications that are due. Taking pushes the due time on (5 s, doubled up to 10 min): processes share the work, and a crash only
 * delays it.
 */
export const takeDueNotifications = (sql: Sql, most: number) => sql<DueNotification[]>`
  WITH due AS (
    SELECT id FROM notifications
    WHERE outcome IS NULL AND due_at <= now()
    ORDER BY due_at
    LIMIT ${most}
    FOR UPDATE SKIP LOCKED),
  taken AS (
    UPDATE notifications n
    SET delivered = n.delivered + 1,
        due_at = now() + least(interval '5 seconds' * power(2, least(n.delivered, 7)), interval '10 minutes')
    FROM due
    WHERE n.id = due.id
    RETURNING n.id, n.kind, n.attempt, n.delivered)
  SELECT t.id::text AS id, t.kind, a.order_id::text AS "orderId", t.delivered
  FROM taken t
  LEFT JOIN attempts a ON a.number = t.attempt
  ORDER BY t.id`

/** An open attempt that its provider has to be asked about. */
export type DueAttempt = {
  number: AttemptNumber
  orderId: OrderId
  callingUntil: Date
  status: OrderStatus
}

/** Takes open attempts of a provider that are due: 15 s after opening, then 30 s, 1 min, 2 min, … up to 10 min apart. */
export const takeDueAttempts = (sql: Sql, provider: string, most: number) => sql<DueAttempt[]>`
  WITH due AS (
    SELECT number FROM attempts
    WHERE next_ask_at <= now() AND state IN ('opening', 'open') AND provider = ${provider}
    ORDER BY next_ask_at
    LIMIT ${most}
    FOR UPDATE SKIP LOCKED),
  taken AS (
    UPDATE attempts a
    SET asked = a.asked + 1,
        next_ask_at = now() + least(interval '15 seconds' * power(2, least(a.asked, 6)), interval '10 minutes')
    FROM due
    WHERE a.number = due.number
    RETURNING a.number, a.order_id, a.calling_until)
  SELECT t.number::text AS number, t.order_id::text AS "orderId", t.calling_until AS "callingUntil", o.status
  FROM taken t
  JOIN orders o ON o.id = t.order_id`

/** Gives back attempts that were taken and not asked about: they are due again in a second. */
export async function postponeAttempts(sql: Sql, numbers: readonly AttemptNumber[]): Promise<void> {
  if (numbers.length === 0) return
  await sql`
    UPDATE attempts
    SET asked = asked - 1, next_ask_at = now() + interval '1 second'
    WHERE number = ANY(${[...numbers]}::bigint[]) AND next_ask_at IS NOT NULL`
}

/** Open attempts, by provider, that no configured provider can be asked about. */
export const unwatchedAttempts = (sql: Sql, configured: readonly string[]) => sql<
  { provider: string; attempts: number }[]
>`
  SELECT provider, count(*)::int AS attempts FROM attempts
  WHERE next_ask_at < now() - interval '1 minute'
    AND state IN ('opening', 'open')
    AND NOT provider = ANY(${[...configured]}::text[])
  GROUP BY 1`

/** Takes refunds without a final word whose workflow has to be started, or looked for: due again in 10 s unless `refundStarted` says more. */
export const takeDueRefunds = (sql: Sql, most: number) => sql<{ number: RefundNumber }[]>`
  WITH due AS (
    SELECT number FROM refunds
    WHERE state = 'asked' AND due_at <= now()
    ORDER BY due_at
    LIMIT ${most}
    FOR UPDATE SKIP LOCKED)
  UPDATE refunds r
  SET due_at = now() + interval '10 seconds'
  FROM due
  WHERE r.number = due.number
  RETURNING r.number`

/** The refund's workflow runs: it is looked for again in ten minutes, in case somebody terminates it. */
export async function refundStarted(sql: Sql, number: RefundNumber): Promise<void> {
  await sql`UPDATE refunds SET due_at = now() + interval '10 minutes' WHERE number = ${number}`
}
