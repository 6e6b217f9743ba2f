import type { Check } from './check.ts'

/** Orders: their amounts, their steps, their log, and that none is stuck. */
export const orderChecks: Check[] = [
  {
    name: 'amounts',
    promise: "Each order's amounts add up, and its lines' shares to them, to the fen",
    counts: 'orders',
    unit: 'fen',
    rows: (sql) => sql`
      WITH lines AS (
        SELECT order_id,
               sum(unit_price_fen * quantity) AS goods,
               sum(coupon_fen) AS coupon,
               sum(points_fen) AS points,
               sum(balance_fen) AS balance
        FROM order_lines
        GROUP BY 1)
      SELECT concat('order ', o.id) AS subject,
             o.goods_fen + o.shipping_fen AS amount,
             o.goods_fen AS goods, COALESCE(l.goods, 0) AS goods_of_lines,
             o.coupon_fen AS coupon, COALESCE(l.coupon, 0) AS coupon_of_lines,
             o.points_fen AS points, COALESCE(l.points, 0) AS points_of_lines,
             o.balance_fen AS balance, COALESCE(l.balance, 0) AS balance_of_lines,
             o.shipping_fen AS shipping, o.due_fen AS due,
             o.goods_fen + o.shipping_fen - o.coupon_fen - o.points_fen - o.balance_fen = o.due_fen
               AND o.due_fen >= 0
               AND o.goods_fen = COALESCE(l.goods, 0)
               AND o.coupon_fen = COALESCE(l.coupon, 0)
               AND o.points_fen = COALESCE(l.points, 0)
               AND o.balance_fen - COALESCE(l.balance, 0) BETWEEN 0 AND o.shipping_fen AS holds
      FROM orders o
      LEFT JOIN lines l ON l.order_id = o.id`,
  },
  {
    name: 'steps',
    promise:
      'A placed order has done every step that it needs; a refused one, and one closed before it was settled, has undone every step',
    counts: 'orders',
    rows: (sql) => sql`
      WITH done AS (
        SELECT order_id, array_agg(step) AS steps
        FROM steps
        WHERE state = 'done'
        GROUP BY 1)
      SELECT concat('order ', o.id) AS subject,
             NULL::bigint AS amount, o.status, need.steps AS needs, d.steps AS done,
             CASE WHEN o.status = 'rejected' OR (o.status = 'closed' AND o.pay_state <> 'refunded')
                    THEN d.steps IS NULL
                  WHEN o.status = 'placing' THEN NOT 'confirm' = ANY (COALESCE(d.steps, '{}'))
                  ELSE COALESCE(d.steps, '{}') @> need.steps END AS holds
      FROM orders o
      LEFT JOIN done d ON d.order_id = o.id
      CROSS JOIN LATERAL (
        SELECT array_remove(ARRAY[
          CASE o.kind WHEN 1 THEN 'reserve_stock' ELSE 'take_offer' END,
          'confirm',
          CASE WHEN o.user_coupon_id IS NOT NULL THEN 'lock_coupon' END,
          CASE WHEN o.balance_fen > 0 THEN 'debit_balance' END,
          CASE WHEN o.points > 0 THEN 'spend_points' END], NULL) AS steps) need`,
  },
  {
    name: 'log',
    promise: "Each order's log leads, without a gap, to the status that it has",
    counts: 'log entries',
    rows: (sql) => sql`
      WITH entries AS (
        SELECT *,
               lag(to_status) OVER entries_of_order AS before,
               lead(id) OVER entries_of_order IS NULL AS newest
        FROM order_log
        WINDOW entries_of_order AS (PARTITION BY order_id ORDER BY id))
      SELECT concat('order ', o.id) AS subject,
             NULL::bigint AS amount, e.from_status, e.before, e.to_status, o.status,
             COALESCE(e.from_status IS NOT DISTINCT FROM e.before
               AND (NOT e.newest OR e.to_status = o.status), false) AS holds
      FROM orders o
      LEFT JOIN entries e ON e.order_id = o.id`,
  },
  {
    name: 'stuck',
    promise:
      'Nothing is stuck: no order, payment, ticket, session or message is five minutes past its time, and no refund is on its way for more than a week',
    counts: 'waiting',
    // A living jobs process pushes a refund's due time on: a week after it was asked for it is late all the
    // same.
    rows: (sql) => sql`
      WITH waiting AS (
        SELECT concat('order ', id) AS subject, status AS state, COALESCE(pay_by, placed_at) AS due
        FROM orders
        WHERE status IN ('placing', 'awaiting_payment', 'closing')
        UNION ALL
        SELECT concat('attempt ', number), state, expires_at
        FROM attempts
        WHERE state IN ('opening', 'open')
        UNION ALL
        SELECT concat('refund ', number), 'asked', least(due_at, created_at + interval '7 days')
        FROM refunds
        WHERE state = 'asked'
        UNION ALL
        SELECT concat('ticket ', id), 'waiting for its order', staged_at
        FROM tickets
        WHERE state = 'waiting'
        UNION ALL
        SELECT concat('ticket ', t.id), concat('the gate is not synced: ', t.sync),
               COALESCE(t.ended_at,
                        (SELECT max(r.created_at) FROM refunds r WHERE r.order_id = t.id),
                        o.paid_at,
                        t.staged_at)
        FROM tickets t
        LEFT JOIN orders o ON o.id = t.id
        WHERE t.sync IS NOT NULL
        UNION ALL
        SELECT concat('session ', id), phase, ends_at
        FROM sessions
        WHERE phase = 'running'
        UNION ALL
        SELECT concat(topic, ' ', key), 'in the outbox', due_at
        FROM outbox)
      SELECT subject, NULL::bigint AS amount, state, due, due > now() - interval '5 minutes' AS holds
      FROM waiting`,
  },
]
