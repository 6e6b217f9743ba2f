import type { Sql } from '../../db/types.ts'
import type { AttemptNumber, NotificationId, OrderId, RefundNumber } from '../../domain/ids.ts'
import type { OrderStatus } from '../../domain/order.ts'

/*
 * Due-lists of the jobs. Taking a row pushes its due time on, so that processes share the work, and a crash
 * only delays it.
 */

/**
 * A notification whose outcome nobody has written. `delivered`: how often it has been taken, this time
 * included.
 */
export type DueNotification = {
  id: NotificationId
  kind: 'payment' | 'refund'
  orderId: OrderId | null
  delivered: number
}

/** Takes notifications that are due: 5 s after the first delivery, doubled up to 10 min. */
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
  SELECT t.id::text AS id,
         t.kind,
         a.order_id::text AS "orderId",
         t.delivered
  FROM taken t
  LEFT JOIN attempts a ON a.number = t.attempt
  ORDER BY t.id`

/**
 * An open attempt that its provider has to be asked about. `expired`: its provider takes no money for it any
 * more, and has not closed it.
 */
export type DueAttempt = {
  number: AttemptNumber
  orderId: OrderId
  callingUntil: Date
  status: OrderStatus
  expired: boolean
}

/**
 * Takes open attempts of a provider that are due: 15 s after opening, then 30 s, 1 min, 2 min, … up to 10 min
 * apart.
 */
export const takeDueAttempts = (sql: Sql, provider: string, most: number) => sql<DueAttempt[]>`
  WITH due AS (
    SELECT number FROM attempts
    WHERE provider = ${provider} AND next_ask_at <= now() AND state IN ('opening', 'open')
    ORDER BY next_ask_at
    LIMIT ${most}
    FOR UPDATE SKIP LOCKED),
  taken AS (
    UPDATE attempts a
    SET asked = a.asked + 1,
        next_ask_at = now() + least(interval '15 seconds' * power(2, least(a.asked, 6)), interval '10 minutes')
    FROM due
    WHERE a.number = due.number
    RETURNING a.number, a.order_id, a.calling_until, a.expires_at)
  SELECT t.number::text AS number,
         t.order_id::text AS "orderId",
         t.calling_until AS "callingUntil",
         o.status,
         t.expires_at <= now() AS expired
  FROM taken t
  JOIN orders o ON o.id = t.order_id`

/** Gives back an attempt that was taken and could not be asked about: it is due again in so many seconds. */
export async function postponeAttempt(sql: Sql, number: AttemptNumber, afterS: number): Promise<void> {
  await sql`
    UPDATE attempts
    SET asked = asked - 1,
        next_ask_at = now() + ${afterS} * interval '1 second'
    WHERE number = ${number}
      AND next_ask_at IS NOT NULL`
}

/** Open attempts, by provider, that no configured provider can be asked about. */
export const unwatchedAttempts = (sql: Sql, configured: readonly string[]) => sql<
  { provider: string; attempts: number }[]
>`
  SELECT provider,
         count(*)::int AS attempts
  FROM attempts
  WHERE next_ask_at < now() - interval '1 minute'
    AND state IN ('opening', 'open')
    AND NOT provider = ANY(${[...configured]}::text[])
  GROUP BY 1`

/**
 * Takes refunds without a final word whose workflow has to be started, or looked for: due again in 10 s
 * unless `refundStarted` says more.
 */
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

/**
 * Refunds that no human has been asked about and should be: ten minutes without a word of their provider; or
 * seven days at work there, where a bank card takes up to three working days (查询单笔退款: 银行卡支付的退款3个工作日后).
 */
export const stuckRefunds = (sql: Sql, most: number) => sql<{ number: RefundNumber; orderId: OrderId }[]>`
  SELECT number,
         order_id::text AS "orderId"
  FROM refunds r
  WHERE state = 'asked'
    AND CASE
          WHEN processing_since IS NULL THEN COALESCE(sent_at, created_at) < now() - interval '10 minutes'
          ELSE processing_since < now() - interval '7 days'
        END
    AND NOT EXISTS (
      SELECT 1 FROM attention a
      WHERE a.reason = 'refund_stuck'
        AND a.subject = r.number
        AND a.cleared_at IS NULL)
  LIMIT ${most}`
