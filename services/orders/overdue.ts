import type { Sql } from '../../db/types.ts'
import type { OrderId } from '../../domain/ids.ts'

/**
 * Unpaid orders whose time ended five minutes ago: `closeOrder` may close them, if nobody else is there to do
 * it.
 */
export const ordersToClose = (sql: Sql, most: number) => sql<{ id: OrderId }[]>`
  SELECT id::text AS id
  FROM orders o
  WHERE status IN ('awaiting_payment', 'closing')
    AND pay_by < now() - interval '5 minutes'
    AND NOT EXISTS (
      SELECT 1 FROM attempts a
      WHERE a.order_id = o.id AND a.state IN ('opening', 'open'))
  LIMIT ${most}`

/** Orders that should have ended five minutes ago, have not, and that no human has been asked about. */
export const overdueOrders = (sql: Sql, most: number) => sql<{ id: OrderId }[]>`
  SELECT id::text AS id FROM orders o
  WHERE status IN ('placing', 'awaiting_payment', 'closing')
    AND COALESCE(pay_by, placed_at) < now() - interval '5 minutes'
    AND NOT EXISTS (
      SELECT 1 FROM attention a
      WHERE a.order_id = o.id
        AND a.cleared_at IS NULL
        AND a.reason IN ('order_overdue', 'order_without_workflow'))
  LIMIT ${most}`
