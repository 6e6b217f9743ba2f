import type { Sql, Tx } from '../types.ts'
import type { Check } from './check.ts'

/** A balance against the ledger under it. Names of tables and columns are ours, never a caller's. */
const ledger = (
  sql: Sql | Tx,
  what: string,
  balances: string,
  column: string,
  movements: string,
  amount: string,
) => sql`
  SELECT concat(${what}::text, user_id) AS subject, ${sql(column)} AS amount, ${sql(column)} AS balance, COALESCE(m.moved, 0) AS moved,
         ${sql(column)} = COALESCE(m.moved, 0) AS holds
  FROM ${sql(balances)} b FULL JOIN (SELECT user_id, sum(${sql(amount)}) AS moved FROM ${sql(movements)} GROUP BY 1) m USING (user_id)`

/** What buyers own: wallets, points, growth. */
export const moneyChecks: Check[] = [
  {
    name: 'wallets',
    promise: 'Each wallet is the sum of its movements',
    counts: 'wallets',
    unit: 'fen',
    rows: (sql) => ledger(sql, 'wallet of ', 'wallets', 'balance_fen', 'wallet_movements', 'amount_fen'),
  },
  {
    name: 'points',
    promise: "Each buyer's points are the sum of their movements",
    counts: 'buyers',
    unit: 'points',
    rows: (sql) => ledger(sql, 'points of ', 'loyalty', 'points', 'points_movements', 'points'),
  },
  {
    name: 'growth',
    promise: "Each buyer's growth is the sum of its movements",
    counts: 'buyers',
    rows: (sql) => ledger(sql, 'growth of ', 'loyalty', 'growth', 'growth_movements', 'growth'),
  },
  {
    name: 'taken_by_orders',
    promise:
      'An order has taken from wallet and points what it says, once; an order that has ended has given it back',
    counts: 'orders',
    unit: 'fen',
    rows: (sql) => sql`
      WITH wallet AS (SELECT order_id, -sum(amount_fen) AS taken FROM wallet_movements WHERE kind IN ('order', 'order_undone') GROUP BY 1),
      points AS (SELECT order_id, -sum(points) AS taken FROM points_movements WHERE kind IN ('order', 'order_undone') GROUP BY 1),
      done AS (SELECT order_id, array_agg(step) AS steps FROM steps WHERE state = 'done' GROUP BY 1)
      SELECT concat('order ', o.id) AS subject, o.balance_fen AS amount, o.status, o.balance_fen AS balance, COALESCE(w.taken, 0) AS balance_taken,
             o.points, COALESCE(p.taken, 0) AS points_taken,
             COALESCE(w.taken, 0) = CASE WHEN 'debit_balance' = ANY (d.steps) THEN o.balance_fen ELSE 0 END
               AND COALESCE(p.taken, 0) = CASE WHEN 'spend_points' = ANY (d.steps) THEN o.points ELSE 0 END AS holds
      FROM orders o LEFT JOIN wallet w ON w.order_id = o.id LEFT JOIN points p ON p.order_id = o.id LEFT JOIN done d ON d.order_id = o.id`,
  },
  {
    name: 'earned',
    promise:
      'Each paid order has earned a point and a unit of growth for every whole yuan, and no other order has; one refunded whole has given them back',
    counts: 'orders',
    unit: 'points',
    rows: (sql) => sql`
      SELECT concat('order ', o.id) AS subject, p.points AS amount, o.pay_state, o.due_fen, o.balance_fen, p.points, g.growth,
             COALESCE(p.points, 0) = e.earned AND COALESCE(g.growth, 0) = e.earned
               AND (o.pay_state = 'refunded' OR NOT EXISTS (SELECT 1 FROM points_movements u WHERE u.order_id = o.id AND u.kind = 'unearned')) AS holds
      FROM orders o
      CROSS JOIN LATERAL (SELECT CASE WHEN o.paid_at IS NOT NULL THEN (o.due_fen + o.balance_fen) / 100 ELSE 0 END AS earned) e
      LEFT JOIN points_movements p ON p.order_id = o.id AND p.kind = 'earned'
      LEFT JOIN growth_movements g ON g.order_id = o.id AND g.kind = 'earned'`,
  },
  {
    name: 'not_negative',
    promise: 'Nothing is negative: no shelf, no wallet, no points, and no more is reserved than lies there',
    counts: 'balances',
    rows: (sql) => sql`
      SELECT concat('SKU ', sku_id, ', warehouse ', warehouse_id) AS subject, NULL::bigint AS amount, on_hand AS has, reserved,
             0 <= reserved AND reserved <= on_hand AS holds FROM stock
      UNION ALL SELECT concat('wallet of ', user_id), NULL, balance_fen, NULL, balance_fen >= 0 FROM wallets
      UNION ALL SELECT concat('points of ', user_id), NULL, points, NULL, points >= 0 FROM loyalty
      UNION ALL SELECT concat('growth of ', user_id), NULL, growth, NULL, growth >= 0 FROM loyalty`,
  },
  {
    name: 'once',
    promise: 'Every effect happened once: no order has two movements of the same kind on the same thing',
    counts: 'effects',
    rows: (sql) => sql`
      SELECT subject, NULL::bigint AS amount, count(*) AS times, count(*) = 1 AS holds FROM (
        SELECT concat('order ', order_id, ': stock ', kind, ' ', refund, ', SKU ', sku_id, ', warehouse ', warehouse_id) AS subject
          FROM stock_movements WHERE order_id IS NOT NULL
        UNION ALL SELECT concat('order ', order_id, ': coupon ', kind, ' ', user_coupon_id) FROM coupon_movements
        UNION ALL SELECT concat('order ', order_id, ': wallet ', kind, ' ', refund) FROM wallet_movements WHERE order_id IS NOT NULL
        UNION ALL SELECT concat('order ', order_id, ': points ', kind, ' ', refund) FROM points_movements WHERE order_id IS NOT NULL
        UNION ALL SELECT concat('order ', order_id, ': growth ', kind, ' ', refund) FROM growth_movements WHERE order_id IS NOT NULL) effects
      GROUP BY subject`,
  },
]
