import type { Check } from './check.ts'

/**
 * Flash sales: what each offer was given, granted and sold, and that each ticket became one order or was
 * given back.
 */
export const seckillChecks: Check[] = [
  {
    name: 'offers',
    promise:
      'Each offer has the pieces that the warehouse gave it, has granted what its tickets hold, and has sold what their orders took: never more',
    counts: 'offers',
    unit: 'pieces',
    rows: (sql) => sql`
      WITH given AS (
        SELECT session_id, sku_id, -sum(on_hand) AS pieces
        FROM stock_movements
        WHERE session_id IS NOT NULL
        GROUP BY 1, 2),
      held AS (
        SELECT session_id, sku_id,
               sum(quantity) FILTER (WHERE state IN ('waiting', 'live', 'paid')) AS granted,
               sum(quantity) FILTER (WHERE state IN ('live', 'paid')) AS taken
        FROM tickets
        GROUP BY 1, 2)
      SELECT concat('session ', o.session_id, ', SKU ', o.sku_id) AS subject,
             o.sold AS amount,
             o.quota, COALESCE(g.pieces, 0) AS from_warehouse,
             o.granted, COALESCE(h.granted, 0) AS of_tickets,
             o.sold, COALESCE(h.taken, 0) AS of_orders,
             (o.preheated_at IS NULL OR o.quota = COALESCE(g.pieces, 0))
               AND o.granted = COALESCE(h.granted, 0)
               AND o.sold = COALESCE(h.taken, 0)
               AND o.sold <= o.granted
               AND o.granted <= o.quota AS holds
      FROM offers o
      LEFT JOIN given g USING (session_id, sku_id)
      LEFT JOIN held h USING (session_id, sku_id)`,
  },
  {
    name: 'tickets',
    promise:
      'Each ticket became one order: live with it, paid with it, given back with it; and each flash order has its ticket',
    counts: 'tickets',
    unit: 'pieces',
    rows: (sql) => sql`
      SELECT concat('ticket ', COALESCE(t.id, o.id)) AS subject,
             t.quantity AS amount, t.state, t.reason, o.status, o.pay_state,
             CASE t.state
               WHEN 'waiting' THEN o.id IS NULL OR o.status = 'placing'
               WHEN 'live' THEN o.status IN ('placing', 'awaiting_payment', 'closing')
               WHEN 'paid' THEN o.pay_state IN ('paid', 'partly_refunded', 'refunded')
               WHEN 'given_back' THEN o.status IN ('rejected', 'closed')
                 OR o.pay_state IN ('partly_refunded', 'refunded')
               WHEN 'refused' THEN o.id IS NULL
             END AND (o.id IS NULL OR o.buyer_id = t.buyer_id) AS holds
      FROM tickets t
      FULL JOIN (SELECT * FROM orders WHERE kind = 2) o ON o.id = t.id`,
  },
  {
    name: 'pieces_of_flash_orders',
    promise:
      'Each piece of a flash order is held by its ticket, or was refunded before shipping and is its offer’s again; what came back later is on a shelf',
    counts: 'flash orders',
    unit: 'pieces',
    rows: (sql) => sql`
      WITH ordered AS (
        SELECT o.id, o.status, o.pay_state, sum(l.quantity) AS pieces
        FROM orders o
        JOIN order_lines l ON l.order_id = o.id
        WHERE o.kind = 2
        GROUP BY 1, 2, 3),
      refunded AS (
        SELECT r.order_id,
               sum(p.quantity) FILTER (WHERE r.returned_to = 'offer') AS to_offer,
               sum(p.quantity) FILTER (WHERE r.returned_to = 'shelf') AS to_shelf
        FROM refunds r
        JOIN refund_lines p ON p.refund = r.number
        GROUP BY 1),
      shelved AS (
        SELECT order_id, sum(on_hand) AS pieces
        FROM stock_movements
        WHERE kind = 'refunded'
        GROUP BY 1)
      SELECT concat('flash order ', o.id) AS subject,
             o.pieces AS amount, o.status, o.pay_state, t.state,
             t.quantity AS of_ticket, f.to_offer, f.to_shelf, s.pieces AS on_shelf,
             CASE WHEN t.state = 'given_back' AND f.to_offer IS NOT NULL THEN f.to_offer = o.pieces
                  ELSE t.quantity + COALESCE(f.to_offer, 0) = o.pieces END
               AND COALESCE(s.pieces, 0) = COALESCE(f.to_shelf, 0) AS holds
      FROM ordered o
      LEFT JOIN tickets t ON t.id = o.id
      LEFT JOIN refunded f ON f.order_id = o.id
      LEFT JOIN shelved s ON s.order_id = o.id`,
  },
  {
    name: 'buyers_of_offers',
    promise: 'No buyer has more of an offer than its limit, nor two tickets of it that are not paid yet',
    counts: 'buyers of offers',
    unit: 'pieces',
    rows: (sql) => sql`
      SELECT concat('session ', t.session_id, ', SKU ', t.sku_id, ', buyer ', t.buyer_id) AS subject,
             sum(t.quantity) AS amount,
             o.buyer_limit,
             count(*) FILTER (WHERE t.state <> 'paid') AS unpaid,
             sum(t.quantity) <= o.buyer_limit
               AND count(*) FILTER (WHERE t.state <> 'paid') <= 1 AS holds
      FROM tickets t
      JOIN offers o USING (session_id, sku_id)
      WHERE t.state IN ('waiting', 'live', 'paid')
      GROUP BY t.session_id, t.sku_id, t.buyer_id, o.buyer_limit`,
  },
]
