import type { Check } from './check.ts'

/** Goods: what lies on the shelves, what orders hold, what was sold, and where refunded pieces went. */
export const goodsChecks: Check[] = [
  {
    name: 'stock',
    promise: 'What lies on each shelf, and what is reserved of it, is the sum of its movements',
    counts: 'shelves',
    unit: 'pieces',
    rows: (sql) => sql`
      WITH moved AS (
        SELECT sku_id, warehouse_id, sum(on_hand) AS on_hand, sum(reserved) AS reserved
        FROM stock_movements
        GROUP BY 1, 2)
      SELECT concat('SKU ', sku_id, ', warehouse ', warehouse_id) AS subject,
             s.on_hand AS amount,
             s.on_hand, COALESCE(m.on_hand, 0) AS on_hand_moved,
             s.reserved, COALESCE(m.reserved, 0) AS reserved_moved,
             s.on_hand = COALESCE(m.on_hand, 0) AND s.reserved = COALESCE(m.reserved, 0) AS holds
      FROM stock s
      FULL JOIN moved m USING (sku_id, warehouse_id)`,
  },
  {
    name: 'stock_held',
    promise:
      'Each order from the shelves holds its lines while it is open, has taken them when it is sold but for what was put back, and holds nothing once it has ended',
    counts: 'order lines',
    unit: 'pieces',
    rows: (sql) => sql`
      WITH wanted AS (
        SELECT o.id AS order_id, o.status, l.sku_id, sum(l.quantity) AS pieces,
               o.status IN ('to_ship', 'shipped', 'received', 'completed')
                 OR (o.status = 'closed' AND o.pay_state = 'refunded') AS sold,
               o.status IN ('placing', 'awaiting_payment', 'closing') AND EXISTS (
                 SELECT 1
                 FROM steps s
                 WHERE s.order_id = o.id AND s.step = 'reserve_stock' AND s.state = 'done') AS open
        FROM orders o
        JOIN order_lines l ON l.order_id = o.id
        WHERE o.kind = 1
        GROUP BY o.id, l.sku_id),
      moved AS (
        SELECT m.order_id, m.sku_id, sum(m.reserved) AS held, -sum(m.on_hand) AS taken
        FROM stock_movements m
        LEFT JOIN orders o ON o.id = m.order_id
        WHERE m.order_id IS NOT NULL AND m.session_id IS NULL AND o.kind IS DISTINCT FROM 2
        GROUP BY 1, 2),
      back AS (
        SELECT r.order_id, l.sku_id, sum(p.quantity) AS pieces
        FROM refunds r
        JOIN refund_lines p ON p.refund = r.number
        JOIN order_lines l ON l.order_id = r.order_id AND l.line = p.line
        WHERE r.returned_to = 'shelf'
        GROUP BY 1, 2)
      SELECT concat('order ', order_id, ', SKU ', sku_id) AS subject,
             w.pieces AS amount, w.status, w.pieces AS ordered,
             COALESCE(m.held, 0) AS held, COALESCE(m.taken, 0) AS taken,
             COALESCE(b.pieces, 0) AS put_back,
             COALESCE(m.held, 0) = CASE WHEN w.open THEN w.pieces ELSE 0 END
               AND COALESCE(m.taken, 0)
                 = CASE WHEN w.sold THEN w.pieces - COALESCE(b.pieces, 0) ELSE 0 END AS holds
      FROM wanted w
      FULL JOIN moved m USING (order_id, sku_id)
      LEFT JOIN back b USING (order_id, sku_id)`,
  },
  {
    name: 'sales',
    promise:
      'Each SKU has sold exactly what orders that are paid, or paid on delivery, have bought, and not sent back whole',
    counts: 'SKUs',
    unit: 'pieces',
    rows: (sql) => sql`
      WITH bought AS (
        SELECT l.sku_id, sum(l.quantity) AS pieces
        FROM order_lines l
        JOIN orders o ON o.id = l.order_id
        WHERE o.status IN ('to_ship', 'shipped', 'received', 'completed')
          AND o.pay_state <> 'refunded'
        GROUP BY 1)
      SELECT concat('SKU ', k.id) AS subject,
             k.sales AS amount, k.sales, COALESCE(b.pieces, 0) AS bought,
             k.sales = COALESCE(b.pieces, 0) AS holds
      FROM skus k
      LEFT JOIN bought b ON b.sku_id = k.id`,
  },
  {
    name: 'coupons',
    promise:
      'Each coupon is in the state of its newest movement: unused, or held by one order, or spent on one',
    counts: 'coupons',
    rows: (sql) => sql`
      WITH newest AS (
        SELECT DISTINCT ON (user_coupon_id) *
        FROM coupon_movements
        ORDER BY user_coupon_id, id DESC)
      SELECT concat('coupon ', c.id) AS subject,
             NULL::bigint AS amount, c.state, c.order_id::text,
             m.kind AS last_moved, m.order_id::text AS last_order,
             c.state = CASE COALESCE(m.kind, 'unlocked') WHEN 'unlocked' THEN 'unused' ELSE m.kind END
               AND (c.state = 'unused' OR c.order_id = m.order_id) AS holds
      FROM user_coupons c
      LEFT JOIN newest m ON m.user_coupon_id = c.id`,
  },
  {
    name: 'coupons_of_orders',
    promise:
      'A coupon is locked by an order that is open, and spent on an order that is sold; an order that has ended keeps none',
    counts: 'orders with a coupon',
    rows: (sql) => sql`
      WITH held AS (
        SELECT id AS order_id, user_coupon_id AS coupon_id
        FROM orders
        WHERE user_coupon_id IS NOT NULL
        UNION
        SELECT order_id, id
        FROM user_coupons
        WHERE order_id IS NOT NULL)
      SELECT concat('order ', h.order_id, ', coupon ', h.coupon_id) AS subject,
             NULL::bigint AS amount, o.status, c.state, c.order_id::text AS held_by,
             CASE WHEN o.user_coupon_id IS DISTINCT FROM c.id THEN false
                  WHEN o.status IN ('to_ship', 'shipped', 'received', 'completed')
                    THEN c.state = 'used' AND c.order_id = o.id
                  WHEN o.status IN ('awaiting_payment', 'closing')
                    THEN c.state = 'locked' AND c.order_id = o.id
                  WHEN o.status = 'placing'
                    THEN c.order_id IS DISTINCT FROM o.id OR c.state = 'locked'
                  ELSE c.order_id IS DISTINCT FROM o.id END AS holds
      FROM held h
      LEFT JOIN orders o ON o.id = h.order_id
      LEFT JOIN user_coupons c ON c.id = h.coupon_id`,
  },
]
