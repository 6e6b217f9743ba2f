import type { Check } from './check.ts'

/** Payments: every fen that a provider captured is on an order, sent back, or on its way back. */
export const paymentChecks: Check[] = [
  {
    name: 'paid_once',
    promise:
      'Each order paid with money has exactly one paid attempt, which keeps what was due and not refunded; no other attempt keeps a fen',
    counts: 'orders with money',
    unit: 'fen',
    rows: (sql) => sql`
      WITH kept AS (
        SELECT order_id,
               count(*) FILTER (WHERE state = 'paid') AS paid,
               sum(captured_fen - refunding_fen - refunded_fen) AS fen
        FROM attempts
        GROUP BY 1)
      SELECT concat('order ', o.id) AS subject,
             k.fen AS amount, o.status, o.pay_state, o.due_fen AS due, back.fen AS refunded_of_it,
             COALESCE(k.paid, 0) AS paid_attempts, COALESCE(k.fen, 0) AS kept,
             CASE WHEN o.paid_at IS NOT NULL AND o.due_fen > 0
                    THEN COALESCE(k.paid = 1 AND k.fen = o.due_fen - back.fen, false)
                  ELSE COALESCE(k.paid, 0) = 0 AND COALESCE(k.fen, 0) = 0 END AS holds
      FROM orders o
      LEFT JOIN kept k ON k.order_id = o.id
      CROSS JOIN LATERAL (
        SELECT COALESCE(sum(amount_fen), 0) AS fen
        FROM refunds r
        WHERE r.order_id = o.id AND r.cause IN ('cancelled', 'operator')) back
      WHERE k.order_id IS NOT NULL OR (o.paid_at IS NOT NULL AND o.due_fen > 0)`,
  },
  {
    name: 'one_open_attempt',
    promise: 'No order has two attempts that could be paid',
    counts: 'open attempts',
    unit: 'fen',
    rows: (sql) => sql`
      SELECT concat('order ', order_id) AS subject,
             sum(amount_fen) AS amount, array_agg(number::text) AS open,
             count(*) = 1 AS holds
      FROM attempts
      WHERE state IN ('opening', 'open')
      GROUP BY order_id`,
  },
  {
    name: 'captured_as_notified',
    promise:
      'Each attempt has captured what its provider notified, and every fen of it was resolved: paid, or sent back',
    counts: 'attempts',
    unit: 'fen',
    rows: (sql) => sql`
      WITH transactions AS (
        SELECT DISTINCT ON (provider, number) attempt, amount_fen
        FROM notifications
        WHERE kind = 'payment' AND (outcome = 'paid' OR outcome LIKE 'refund %')
        ORDER BY provider, number, id),
      notified AS (
        SELECT attempt, sum(amount_fen) AS fen
        FROM transactions
        GROUP BY 1)
      SELECT concat('attempt ', a.number) AS subject,
             a.captured_fen AS amount, a.state,
             a.captured_fen AS captured, COALESCE(n.fen, 0) AS notified,
             a.captured_fen = COALESCE(n.fen, 0) AS holds
      FROM attempts a
      LEFT JOIN notified n ON n.attempt = a.number`,
  },
  {
    name: 'captured',
    promise: 'What each provider captured = what is on paid orders + what is back + what is on its way back',
    counts: 'providers',
    unit: 'fen',
    rows: (sql) => sql`
      WITH attempted AS (
        SELECT a.provider, a.captured_fen,
               CASE WHEN a.state = 'paid' AND o.paid_at IS NOT NULL THEN o.due_fen ELSE 0 END AS due_fen,
               back.*
        FROM attempts a
        JOIN orders o ON o.id = a.order_id
        CROSS JOIN LATERAL (
          SELECT COALESCE(sum(amount_fen) FILTER (WHERE state = 'success'), 0) AS refunded,
                 COALESCE(sum(amount_fen) FILTER (WHERE state NOT IN ('success', 'replaced')),
                   0) AS refunding,
                 COALESCE(sum(amount_fen) FILTER (WHERE cause IN ('cancelled', 'operator')), 0) AS of_order
          FROM refunds r
          WHERE r.attempt = a.number) back)
      SELECT provider AS subject,
             sum(captured_fen) AS amount, sum(captured_fen) AS captured,
             sum(due_fen - of_order) AS on_paid_orders,
             sum(refunded) AS refunded, sum(refunding) AS in_flight,
             sum(captured_fen) = sum(due_fen - of_order) + sum(refunded) + sum(refunding) AS holds
      FROM attempted
      GROUP BY provider`,
  },
  {
    name: 'wallet_payments',
    promise: 'What was paid from wallets left them once',
    counts: 'orders paid from the wallet',
    unit: 'fen',
    rows: (sql) => sql`
      WITH moved AS (
        SELECT order_id, -sum(amount_fen) AS paid
        FROM wallet_movements
        WHERE kind = 'payment'
        GROUP BY 1),
      attempted AS (
        SELECT order_id,
               sum(captured_fen) AS captured,
               COALESCE(sum(amount_fen) FILTER (WHERE state IN ('opening', 'open')), 0) AS unresolved
        FROM attempts
        WHERE provider = 'balance'
        GROUP BY 1)
      SELECT concat('order ', order_id) AS subject,
             m.paid AS amount, a.captured, a.unresolved, COALESCE(m.paid, 0) AS paid,
             COALESCE(m.paid, 0) = COALESCE(a.captured + a.unresolved, 0) AS holds
      FROM attempted a
      FULL JOIN moved m USING (order_id)`,
  },
  {
    name: 'resolved',
    promise: 'Every notification has been resolved within a minute',
    counts: 'notifications',
    unit: 'fen',
    rows: (sql) => sql`
      SELECT concat(provider, ' ', number, ' ', state) AS subject,
             amount_fen AS amount, attempt::text, found, received_at, delivered, outcome,
             outcome IS NOT NULL OR received_at > now() - interval '1 minute' AS holds
      FROM notifications`,
  },
]
