import type { Check } from './check.ts'

/** Refunds: what is back, on its way back, or went into a wallet, once and no more than was captured. */
export const refundChecks: Check[] = [
  {
    name: 'refunds',
    promise:
      'On each attempt, what is on its way back and what is back are the sums of its refunds, and no more than was captured',
    counts: 'attempts',
    unit: 'fen',
    rows: (sql) => sql`
      WITH sums AS (
        SELECT attempt,
               sum(amount_fen) FILTER (WHERE state NOT IN ('success', 'replaced')) AS refunding,
               sum(amount_fen) FILTER (WHERE state = 'success') AS refunded
        FROM refunds
        GROUP BY 1)
      SELECT concat('attempt ', a.number) AS subject,
             a.refunding_fen + a.refunded_fen AS amount, a.captured_fen AS captured,
             a.refunding_fen AS refunding, COALESCE(s.refunding, 0) AS refunds_asked,
             a.refunded_fen AS refunded, COALESCE(s.refunded, 0) AS refunds_ended,
             a.refunding_fen = COALESCE(s.refunding, 0)
               AND a.refunded_fen = COALESCE(s.refunded, 0)
               AND a.refunding_fen + a.refunded_fen <= a.captured_fen AS holds
      FROM attempts a
      LEFT JOIN sums s ON s.attempt = a.number`,
  },
  {
    name: 'refunds_to_wallets',
    promise: 'What was sent back to wallets arrived there once, before its refund is called a success',
    counts: 'refunds to a wallet',
    unit: 'fen',
    // The wallet is credited first and the refund ended after it, in two transactions: between them both may
    // be seen.
    rows: (sql) => sql`
      WITH asked AS (
        SELECT r.number, r.amount_fen, r.state
        FROM refunds r
        JOIN attempts a ON a.number = r.attempt
        WHERE a.provider = 'balance'),
      arrived AS (
        SELECT refund AS number, sum(amount_fen) AS fen
        FROM wallet_movements
        WHERE kind = 'refund'
        GROUP BY 1)
      SELECT concat('refund ', number) AS subject,
             q.amount_fen AS amount, q.state, COALESCE(w.fen, 0) AS arrived,
             COALESCE(w.fen = q.amount_fen OR (w.fen IS NULL AND q.state <> 'success'), false) AS holds
      FROM asked q
      FULL JOIN arrived w USING (number)`,
  },
  {
    name: 'refunds_of_orders',
    promise:
      'What refunds gave back of each order, in money, balance, points and pieces, is what its ledgers say, and never more than it took; it is called refunded when, and only when, that is all of it',
    counts: 'orders with refunds',
    unit: 'fen',
    rows: (sql) => sql`
      WITH given AS (
        SELECT order_id,
               sum(amount_fen) AS amount,
               sum(balance_fen) AS balance,
               sum(points) AS points,
               bool_or(shipping_refunded) AS shipping
        FROM refunds
        WHERE cause IN ('cancelled', 'operator')
        GROUP BY 1),
      back AS (
        SELECT r.order_id, p.line, sum(p.quantity) AS quantity
        FROM refund_lines p
        JOIN refunds r ON r.number = p.refund
        GROUP BY 1, 2),
      pieces AS (
        SELECT l.order_id,
               bool_and(COALESCE(b.quantity, 0) <= l.quantity) AS within,
               bool_and(COALESCE(b.quantity, 0) = l.quantity) AS whole
        FROM order_lines l
        LEFT JOIN back b USING (order_id, line)
        GROUP BY 1),
      wallet AS (
        SELECT order_id, sum(amount_fen) AS got
        FROM wallet_movements
        WHERE kind = 'order_refund'
        GROUP BY 1),
      points AS (
        SELECT order_id, sum(points) AS got
        FROM points_movements
        WHERE kind = 'refund'
        GROUP BY 1)
      SELECT concat('order ', o.id) AS subject,
             g.amount, o.pay_state, o.due_fen AS due,
             g.balance, o.balance_fen AS took_balance, COALESCE(w.got, 0) AS wallet_got,
             g.points, o.points AS took_points, COALESCE(q.got, 0) AS points_got,
             p.within AS pieces_within, p.whole AS all_pieces, g.shipping AS shipping_too,
             g.amount <= o.due_fen
               AND g.balance = COALESCE(w.got, 0) AND g.balance <= o.balance_fen
               AND g.points = COALESCE(q.got, 0) AND g.points <= o.points
               AND p.within
               AND (o.pay_state = 'refunded') = (p.whole AND (g.shipping OR o.shipping_fen = 0))
               AND (o.pay_state <> 'refunded'
                 OR (g.balance = o.balance_fen
                   AND g.points = o.points
                   AND g.amount = CASE WHEN o.paid_at IS NULL THEN 0 ELSE o.due_fen END)) AS holds
      FROM given g
      JOIN orders o ON o.id = g.order_id
      JOIN pieces p ON p.order_id = o.id
      LEFT JOIN wallet w ON w.order_id = o.id
      LEFT JOIN points q ON q.order_id = o.id`,
  },
  {
    name: 'refunded_into_wallets',
    promise: 'What a provider could not send back and went into the wallet instead arrived there once',
    counts: 'refunds into a wallet instead',
    unit: 'fen',
    rows: (sql) => sql`
      WITH instead AS (
        SELECT number, amount_fen
        FROM refunds
        WHERE paid_to = 'wallet'),
      arrived AS (
        SELECT refund, amount_fen
        FROM wallet_movements
        WHERE kind = 'refund_instead')
      SELECT concat('refund ', COALESCE(i.number, w.refund)) AS subject,
             i.amount_fen AS amount, w.amount_fen AS got,
             i.amount_fen = w.amount_fen AS holds
      FROM instead i
      FULL JOIN arrived w ON w.refund = i.number`,
  },
]
