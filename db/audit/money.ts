import type { Sql, Tx } from '../types.ts'
import type { Check } from './check.ts'

/** A balance and the ledger under it. Names of tables and columns are ours, never a caller's. */
type Ledger = { what: string; balances: string; balance: string; movements: string; amount: string }

const ledger = (sql: Sql | Tx, { what, balances, balance, movements, amount }: Ledger) => sql`
  WITH moved AS (
    SELECT user_id, sum(${sql(amount)}) AS total
    FROM ${sql(movements)}
    GROUP BY 1)
  SELECT concat(${what}::text, user_id) AS subject,
         ${sql(balance)} AS amount, ${sql(balance)} AS balance, COALESCE(m.total, 0) AS moved,
         ${sql(balance)} = COALESCE(m.total, 0) AS holds
  FROM ${sql(balances)} b
  FULL JOIN moved m USING (user_id)`

const wallets: Ledger = {
  what: 'wallet of ',
  balances: 'wallets',
  balance: 'balance_fen',
  movements: 'wallet_movements',
  amount: 'amount_fen',
}
const points: Ledger = {
  what: 'points of ',
  balances: 'loyalty',
  balance: 'points',
  movements: 'points_movements',
  amount: 'points',
}
const growth: Ledger = {
  what: 'growth of ',
  balances: 'loyalty',
  balance: 'growth',
  movements: 'growth_movements',
  amount: 'growth',
}

/** What buyers own: wallets, points, growth. */
export const moneyChecks: Check[] = [
  {
    name: 'wallets',
    promise: 'Each wallet is the sum of its movements',
    counts: 'wallets',
    unit: 'fen',
    rows: (sql) => ledger(sql, wallets),
  },
  {
    name: 'points',
    promise: "Each buyer's points are the sum of their movements",
    counts: 'buyers',
    unit: 'points',
    rows: (sql) => ledger(sql, points),
  },
  {
    name: 'growth',
    promise: "Each buyer's growth is the sum of its movements",
    counts: 'buyers',
    rows: (sql) => ledger(sql, growth),
  },
  {
    name: 'taken_by_orders',
    promise:
      'An order has taken from wallet and points what it says, once; an order that has ended has given it back',
    counts: 'orders',
    unit: 'fen',
    rows: (sql) => sql`
      WITH wallet AS (
        SELECT order_id, -sum(amount_fen) AS taken
        FROM wallet_movements
        WHERE kind IN ('order', 'order_undone')
        GROUP BY 1),
      points AS (
        SELECT order_id, -sum(points) AS taken
        FROM points_movements
        WHERE kind IN ('order', 'order_undone')
        GROUP BY 1),
      done AS (
        SELECT order_id, array_agg(step) AS steps
        FROM steps
        WHERE state = 'done'
        GROUP BY 1)
      SELECT concat('order ', o.id) AS subject,
             o.balance_fen AS amount, o.status,
             o.balance_fen AS balance, COALESCE(w.taken, 0) AS balance_taken,
             o.points, COALESCE(p.taken, 0) AS points_taken,
             COALESCE(w.taken, 0) = CASE WHEN 'debit_balance' = ANY (d.steps) THEN o.balance_fen ELSE 0 END
               AND COALESCE(p.taken, 0) = CASE WHEN 'spend_points' = ANY (d.steps) THEN o.points ELSE 0 END
               AS holds
      FROM orders o
      LEFT JOIN wallet w ON w.order_id = o.id
      LEFT JOIN points p ON p.order_id = o.id
      LEFT JOIN done d ON d.order_id = o.id`,
  },
  {
    name: 'earned',
    promise:
      'Each paid order was granted a point and a unit of growth for every whole yuan, and no other order was; refunds have taken back all but one for every whole yuan that it still keeps',
    counts: 'orders',
    unit: 'points',
    rows: (sql) => sql`
      WITH refunded AS (
        SELECT order_id, sum(amount_fen + balance_fen) AS money
        FROM refunds
        WHERE cause IN ('cancelled', 'operator')
        GROUP BY 1),
      points AS (
        SELECT order_id,
               sum(points) FILTER (WHERE kind = 'earned') AS granted,
               -sum(points) FILTER (WHERE kind = 'unearned') AS taken_back
        FROM points_movements
        WHERE kind IN ('earned', 'unearned')
        GROUP BY 1),
      growth AS (
        SELECT order_id,
               sum(growth) FILTER (WHERE kind = 'earned') AS granted,
               -sum(growth) FILTER (WHERE kind = 'unearned') AS taken_back
        FROM growth_movements
        WHERE kind IN ('earned', 'unearned')
        GROUP BY 1)
      SELECT concat('order ', o.id) AS subject,
             p.granted AS amount, o.pay_state, due.earns, due.keeps,
             p.granted AS points_granted, p.taken_back AS points_taken_back,
             g.granted AS growth_granted, g.taken_back AS growth_taken_back,
             COALESCE(p.granted, 0) = due.earns
               AND COALESCE(g.granted, 0) = due.earns
               AND COALESCE(p.taken_back, 0) = due.earns - due.keeps
               AND COALESCE(g.taken_back, 0) = due.earns - due.keeps AS holds
      FROM orders o
      LEFT JOIN refunded r ON r.order_id = o.id
      CROSS JOIN LATERAL (
        SELECT CASE WHEN o.paid_at IS NULL THEN 0
                    ELSE (o.due_fen + o.balance_fen) / 100 END AS earns,
               CASE WHEN o.paid_at IS NULL THEN 0
                    ELSE (o.due_fen + o.balance_fen - COALESCE(r.money, 0)::bigint) / 100 END AS keeps) due
      LEFT JOIN points p ON p.order_id = o.id
      LEFT JOIN growth g ON g.order_id = o.id`,
  },
  {
    name: 'not_negative',
    promise: 'Nothing is negative but points that are owed: no shelf, no wallet, no growth',
    counts: 'balances',
    rows: (sql) => sql`
      SELECT concat('SKU ', sku_id, ', warehouse ', warehouse_id) AS subject,
             NULL::bigint AS amount, on_hand AS has, reserved,
             0 <= reserved AND reserved <= on_hand AS holds
      FROM stock
      UNION ALL
      SELECT concat('wallet of ', user_id), NULL, balance_fen, NULL, balance_fen >= 0
      FROM wallets
      UNION ALL
      SELECT concat('growth of ', user_id), NULL, growth, NULL, growth >= 0
      FROM loyalty`,
  },
  {
    name: 'once',
    promise: 'Every effect happened once: no order has two movements of the same kind on the same thing',
    counts: 'effects',
    rows: (sql) => sql`
      WITH effects AS (
        SELECT concat('order ', order_id, ': stock ', kind, ' ', refund,
                      ', SKU ', sku_id, ', warehouse ', warehouse_id) AS subject
        FROM stock_movements
        WHERE order_id IS NOT NULL
        UNION ALL
        SELECT concat('order ', order_id, ': coupon ', kind, ' ', user_coupon_id)
        FROM coupon_movements
        UNION ALL
        SELECT concat('order ', order_id, ': wallet ', kind, ' ', refund)
        FROM wallet_movements
        WHERE order_id IS NOT NULL
        UNION ALL
        SELECT concat('order ', order_id, ': points ', kind, ' ', refund)
        FROM points_movements
        WHERE order_id IS NOT NULL
        UNION ALL
        SELECT concat('order ', order_id, ': growth ', kind, ' ', refund)
        FROM growth_movements
        WHERE order_id IS NOT NULL)
      SELECT subject, NULL::bigint AS amount, count(*) AS times, count(*) = 1 AS holds
      FROM effects
      GROUP BY subject`,
  },
]
