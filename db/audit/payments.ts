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
        SELECT order_id, count(*) FILTER (WHERE state = 'paid') AS paid, sum(captured_fen - refunding_fen - refunded_fen) AS fen FROM attempts GROUP BY 1)
      SELECT concat('order ', o.id) AS subject, k.fen AS amount, o.status, o.pay_state, o.due_fen AS due, b.fen AS refunded_of_it,
             COALESCE(k.paid, 0) AS paid_attempts, COALESCE(k.fen, 0) AS kept,
             CASE WHEN o.paid_at IS NOT NULL AND o.due_fen > 0 THEN COALESCE(k.paid = 1 AND k.fen = o.due_fen - b.fen, false)
                  ELSE COALESCE(k.paid, 0) = 0 AND COALESCE(k.fen, 0) = 0 END AS holds
      FROM orders o LEFT JOIN kept k ON k.order_id = o.id
      CROSS JOIN LATERAL (
        SELECT COALESCE(sum(amount_fen), 0) AS fen FROM refunds r WHERE r.order_id = o.id AND r.cause IN ('cancelled', 'operator')) b
      WHERE k.order_id IS NOT NULL OR (o.paid_at IS NOT NULL AND o.due_fen > 0)`,
  },
  {
    name: 'one_open_attempt',
    promise: 'No order has two attempts that could be paid',
    counts: 'open attempts',
    unit: 'fen',
    rows: (sql) => sql`
      SELECT concat('order ', order_id) AS subject, sum(amount_fen) AS amount, array_agg(number::text) AS open, count(*) = 1 AS holds
      FROM attempts WHERE state IN ('opening', 'open') GROUP BY order_id`,
  },
  {
    name: 'captured_as_told',
    promise:
      'Each attempt has captured what its provider told of, and every fen of it was resolved: paid, or sent back',
    counts: 'attempts',
    unit: 'fen',
    rows: (sql) => sql`
      WITH told AS (
        SELECT attempt, sum(amount_fen) AS fen FROM (
          SELECT DISTINCT ON (provider, number) attempt, amount_fen FROM notifications
          WHERE kind = 'payment' AND (outcome = 'paid' OR outcome LIKE 'refund %') ORDER BY provider, number, id) transactions GROUP BY 1)
      SELECT concat('attempt ', a.number) AS subject, a.captured_fen AS amount, a.state, a.captured_fen AS captured, COALESCE(t.fen, 0) AS told,
             a.captured_fen = COALESCE(t.fen, 0) AS holds
      FROM attempts a LEFT JOIN told t ON t.attempt = a.number`,
  },
  {
    name: 'refunds',
    promise:
      'On each attempt, what is on its way back and what is back are the sums of its refunds, and no more than was captured',
    counts: 'attempts',
    unit: 'fen',
    rows: (sql) => sql`
      WITH r AS (
        SELECT attempt, sum(amount_fen) FILTER (WHERE state <> 'success') AS refunding, sum(amount_fen) FILTER (WHERE state = 'success') AS refunded
        FROM refunds GROUP BY 1)
      SELECT concat('attempt ', a.number) AS subject, a.refunding_fen + a.refunded_fen AS amount, a.captured_fen AS captured,
             a.refunding_fen AS refunding, COALESCE(r.refunding, 0) AS refunds_asked, a.refunded_fen AS refunded, COALESCE(r.refunded, 0) AS refunds_ended,
             a.refunding_fen = COALESCE(r.refunding, 0) AND a.refunded_fen = COALESCE(r.refunded, 0)
               AND a.refunding_fen + a.refunded_fen <= a.captured_fen AS holds
      FROM attempts a LEFT JOIN r ON r.attempt = a.number`,
  },
  {
    name: 'captured',
    promise: 'What each provider captured = what is on paid orders + what is back + what is on its way back',
    counts: 'providers',
    unit: 'fen',
    rows: (sql) => sql`
      SELECT a.provider AS subject, sum(a.captured_fen) AS amount, sum(a.captured_fen) AS captured, sum(due.fen) AS on_paid_orders,
             sum(back.refunded) AS refunded, sum(back.refunding) AS in_flight,
             sum(a.captured_fen) = sum(due.fen) + sum(back.refunded) + sum(back.refunding) AS holds
      FROM attempts a JOIN orders o ON o.id = a.order_id
      CROSS JOIN LATERAL (
        SELECT CASE WHEN a.state = 'paid' AND o.paid_at IS NOT NULL
          THEN o.due_fen - COALESCE((SELECT sum(amount_fen) FROM refunds r WHERE r.attempt = a.number AND r.cause IN ('cancelled', 'operator')), 0) ELSE 0 END AS fen) due
      CROSS JOIN LATERAL (
        SELECT COALESCE(sum(amount_fen) FILTER (WHERE state = 'success'), 0) AS refunded, COALESCE(sum(amount_fen) FILTER (WHERE state <> 'success'), 0) AS refunding
        FROM refunds r WHERE r.attempt = a.number) back
      GROUP BY a.provider`,
  },
  {
    name: 'wallet_payments',
    promise: 'What was paid from wallets left them once, and what was sent back to them arrived once',
    counts: 'attempts from the wallet',
    unit: 'fen',
    rows: (sql) => sql`
      WITH moved AS (
        SELECT order_id, COALESCE(-sum(amount_fen) FILTER (WHERE kind = 'payment'), 0) AS paid, COALESCE(sum(amount_fen) FILTER (WHERE kind = 'refund'), 0) AS back
        FROM wallet_movements WHERE kind IN ('payment', 'refund') GROUP BY 1),
      attempted AS (
        SELECT order_id, sum(captured_fen) AS captured, sum(refunded_fen) AS refunded,
               COALESCE(sum(amount_fen) FILTER (WHERE state IN ('opening', 'open')), 0) AS unresolved
        FROM attempts WHERE provider = 'balance' GROUP BY 1)
      SELECT concat('order ', order_id) AS subject, m.paid AS amount, a.captured, COALESCE(m.paid, 0) AS paid, a.refunded, COALESCE(m.back, 0) AS back,
             COALESCE(m.paid, 0) = COALESCE(a.captured + a.unresolved, 0) AND COALESCE(m.back, 0) = COALESCE(a.refunded, 0) AS holds
      FROM attempted a FULL JOIN moved m USING (order_id)`,
  },
  {
    name: 'refunds_of_orders',
    promise:
      'What refunds gave back of each order, in money, balance, points and pieces, is what its ledgers say, and never more than it took; all of it once it is refunded whole',
    counts: 'orders with refunds',
    unit: 'fen',
    rows: (sql) => sql`
      WITH r AS (
        SELECT order_id, sum(amount_fen) AS amount, sum(balance_fen) AS balance, sum(points) AS points FROM refunds WHERE cause IN ('cancelled', 'operator') GROUP BY 1),
      pieces AS (
        SELECT l.order_id, bool_and(COALESCE(back.quantity, 0) <= l.quantity) AS within, bool_and(COALESCE(back.quantity, 0) = l.quantity) AS whole
        FROM order_lines l LEFT JOIN (
          SELECT r.order_id, p.line, sum(p.quantity) AS quantity FROM refund_lines p JOIN refunds r ON r.number = p.refund GROUP BY 1, 2) back USING (order_id, line)
        GROUP BY 1)
      SELECT concat('order ', o.id) AS subject, r.amount, o.pay_state, o.due_fen AS due, r.balance, o.balance_fen AS took_balance, r.points, o.points AS took_points,
             COALESCE(w.back, 0) AS wallet_got, COALESCE(q.back, 0) AS points_got, p.within AS pieces_within, p.whole AS all_pieces,
             r.amount <= o.due_fen AND r.balance = COALESCE(w.back, 0) AND r.balance <= o.balance_fen AND r.points = COALESCE(q.back, 0) AND r.points <= o.points
               AND p.within AND (o.pay_state <> 'refunded'
                 OR (p.whole AND r.balance = o.balance_fen AND r.points = o.points AND r.amount = CASE WHEN o.paid_at IS NULL THEN 0 ELSE o.due_fen END)) AS holds
      FROM r JOIN orders o ON o.id = r.order_id JOIN pieces p ON p.order_id = o.id
      LEFT JOIN (SELECT order_id, sum(amount_fen) AS back FROM wallet_movements WHERE kind = 'order_refund' GROUP BY 1) w ON w.order_id = o.id
      LEFT JOIN (SELECT order_id, sum(points) AS back FROM points_movements WHERE kind = 'refund' GROUP BY 1) q ON q.order_id = o.id`,
  },
  {
    name: 'refunded_into_wallets',
    promise: 'What a provider could not send back and went into the wallet instead arrived there once',
    counts: 'refunds into a wallet instead',
    unit: 'fen',
    rows: (sql) => sql`
      SELECT concat('refund ', COALESCE(r.number, w.refund)) AS subject, r.amount_fen AS amount, w.amount_fen AS got, r.amount_fen = w.amount_fen AS holds
      FROM (SELECT number, amount_fen FROM refunds WHERE paid_to = 'wallet') r
      FULL JOIN (SELECT refund, amount_fen FROM wallet_movements WHERE kind = 'refund_instead') w ON w.refund = r.number`,
  },
  {
    name: 'resolved',
    promise: 'Every notification has been resolved within a minute',
    counts: 'notifications',
    unit: 'fen',
    rows: (sql) => sql`
      SELECT concat(provider, ' ', number, ' ', state) AS subject, amount_fen AS amount, attempt::text, found, received_at, delivered, outcome,
             outcome IS NOT NULL OR received_at > now() - interval '1 minute' AS holds
      FROM notifications`,
  },
]
