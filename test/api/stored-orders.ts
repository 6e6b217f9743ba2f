import type { Db } from '../../db/client.ts'
import type { OrderId, UserId } from '../../domain/ids.ts'
import type { OrderStatus } from '../../domain/order.ts'

export const snapshot = {
  name: '张三',
  phone: '13800138000',
  province: '浙江',
  city: '杭州',
  district: '西湖',
  street: '文三路 1 号',
  postCode: '310000',
  label: '家',
}

type Stored = { id: OrderId; buyer: UserId; status?: OrderStatus }

/** An order's row as a workflow would have left it. */
export async function insertOrder(
  { sql }: Db,
  { id, buyer, status = 'awaiting_payment' }: Stored,
): Promise<void> {
  await sql`
    INSERT INTO orders (id, buyer_id, kind, source, status, payment, run_id, fingerprint, goods_fen,
      shipping_fen, coupon_fen, points_fen, balance_fen,
                        due_fen, points, address, note)
    VALUES (${id}, ${buyer}, 1, 'web', ${status}, 'online', 'run', 'f', 4499, 1000, 399, 1000, 2000, 2100,
      1000, ${JSON.stringify(snapshot)}::jsonb, 'ring twice')`
  await sql`
    INSERT INTO order_lines (order_id, line, sku_id, name, image, attributes, unit_price_fen, quantity,
      coupon_fen, points_fen, balance_fen)
    VALUES (${id}, 1, 7, 'Tea', '/tea.png', '{"weight":"250 g"}', 4499, 1, 399, 1000, 1500)`
  await sql`INSERT INTO order_log (order_id, to_status, why) VALUES (${id}, 'placing', 'opened')`
}
