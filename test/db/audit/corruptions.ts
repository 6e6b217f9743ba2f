import type { Corruption } from './corruption.ts'
import { corruptionsOfPayments } from './corruptions-of-payments.ts'
import { corruptionsOfSales } from './corruptions-of-sales.ts'
import type { Fixture } from './fixtures.ts'

/** At least one for each check. */
export const corruptions = (orders: () => Fixture): Corruption[] => [
  {
    what: 'a piece appears on a shelf',
    check: 'stock',
    corrupt: (tx) => tx`UPDATE stock SET on_hand = on_hand + 1 WHERE sku_id = 1001 AND warehouse_id = 1`,
  },
  {
    what: 'a shelf has lost its row',
    check: 'stock',
    corrupt: (tx) => tx`DELETE FROM stock WHERE sku_id = 1002`,
  },
  {
    what: 'a closed order still holds a piece',
    check: 'stock_held',
    corrupt: (tx) =>
      tx`DELETE FROM stock_movements WHERE order_id = ${orders().closed} AND kind = 'released'`,
  },
  {
    what: 'a paid order has not taken its goods',
    check: 'stock_held',
    corrupt: (tx) => tx`DELETE FROM stock_movements WHERE order_id = ${orders().paid} AND kind = 'deducted'`,
  },
  {
    what: 'stock has moved for an order without such a line',
    check: 'stock_held',
    corrupt: (tx) =>
      tx`
        INSERT INTO stock_movements (sku_id, warehouse_id, kind, on_hand, reserved, order_id)
        VALUES (1005, 1, 'reserved', 0, 1, ${orders().paid})`,
  },
  {
    what: 'a sale was not counted',
    check: 'sales',
    corrupt: (tx) => tx`UPDATE skus SET sales = sales - 1 WHERE id = 1001`,
  },
  {
    what: 'a coupon came back without a movement',
    check: 'coupons',
    corrupt: (tx) =>
      tx`UPDATE user_coupons SET state = 'unused', order_id = NULL WHERE order_id = ${orders().paid}`,
  },
  {
    what: 'a closed order keeps its coupon',
    check: 'coupons_of_orders',
    corrupt: (tx) =>
      tx`
        UPDATE user_coupons c
        SET state = 'locked', order_id = ${orders().closed}
        FROM orders o
        WHERE o.id = ${orders().closed} AND c.id = o.user_coupon_id`,
  },
  {
    what: 'a sold order has not spent its coupon',
    check: 'coupons_of_orders',
    corrupt: (tx) => tx`UPDATE user_coupons SET state = 'locked' WHERE order_id = ${orders().paid}`,
  },
  {
    what: 'a wallet has a fen more',
    check: 'wallets',
    corrupt: (tx) => tx`UPDATE wallets SET balance_fen = balance_fen + 1 WHERE user_id = 20001`,
  },
  {
    what: 'points came from nowhere',
    check: 'points',
    corrupt: (tx) => tx`UPDATE loyalty SET points = points + 1 WHERE user_id = 20001`,
  },
  {
    what: 'growth got lost',
    check: 'growth',
    corrupt: (tx) => tx`DELETE FROM growth_movements WHERE user_id = 20001`,
  },
  {
    what: 'a closed order has not given the points back',
    check: 'taken_by_orders',
    corrupt: (tx) =>
      tx`DELETE FROM points_movements WHERE order_id = ${orders().closed} AND kind = 'order_undone'`,
  },
  {
    what: 'an order took more from the wallet than it says',
    check: 'taken_by_orders',
    corrupt: (tx) =>
      tx`UPDATE wallet_movements SET amount_fen = amount_fen - 1 WHERE order_id = ${orders().awaiting}`,
  },
  {
    what: 'a paid order earned nothing',
    check: 'earned',
    corrupt: (tx) => tx`DELETE FROM points_movements WHERE order_id = ${orders().paid} AND kind = 'earned'`,
  },
  {
    what: 'more is reserved than lies there',
    check: 'not_negative',
    corrupt: async (tx) => {
      await tx`ALTER TABLE stock DROP CONSTRAINT never_oversold`
      await tx`UPDATE stock SET reserved = on_hand + 1 WHERE sku_id = 1001`
    },
  },
  {
    what: 'a wallet is overdrawn',
    check: 'not_negative',
    corrupt: async (tx) => {
      await tx`ALTER TABLE wallets DROP CONSTRAINT wallet_not_negative`
      await tx`UPDATE wallets SET balance_fen = -1 WHERE user_id = 20001`
    },
  },
  {
    what: 'points were granted twice',
    check: 'once',
    corrupt: async (tx) => {
      await tx`ALTER TABLE points_movements DROP CONSTRAINT points_movement_once`
      await tx`
        INSERT INTO points_movements (user_id, kind, points, order_id)
        VALUES (20001, 'earned', 1, ${orders().paid})`
    },
  },
  {
    what: 'an amount of an order was changed',
    check: 'amounts',
    corrupt: (tx) =>
      tx`UPDATE orders SET goods_fen = goods_fen + 1, due_fen = due_fen + 1 WHERE id = ${orders().paid}`,
  },
  {
    what: "a line's share is a fen off",
    check: 'amounts',
    corrupt: (tx) =>
      tx`UPDATE order_lines SET coupon_fen = coupon_fen + 1 WHERE order_id = ${orders().paid} AND line = 1`,
  },
  {
    what: 'a closed order has a step that is done',
    check: 'steps',
    corrupt: (tx) =>
      tx`UPDATE steps SET state = 'done' WHERE order_id = ${orders().closed} AND step = 'lock_coupon'`,
  },
  {
    what: 'a paid order lacks a step',
    check: 'steps',
    corrupt: (tx) => tx`DELETE FROM steps WHERE order_id = ${orders().paid} AND step = 'spend_points'`,
  },
  {
    what: 'a status was changed past the log',
    check: 'log',
    corrupt: (tx) => tx`UPDATE orders SET status = 'closing' WHERE id = ${orders().awaiting}`,
  },
  {
    what: 'the log has a gap',
    check: 'log',
    corrupt: (tx) =>
      tx`DELETE FROM order_log WHERE order_id = ${orders().paid} AND to_status = 'awaiting_payment'`,
  },
  {
    what: 'an order is past its deadline',
    check: 'stuck',
    corrupt: (tx) =>
      tx`UPDATE orders SET pay_by = now() - interval '6 minutes' WHERE id = ${orders().awaiting}`,
  },
  {
    what: 'an attempt is past its expiry',
    check: 'stuck',
    corrupt: (tx) =>
      tx`UPDATE attempts SET expires_at = now() - interval '6 minutes' WHERE order_id = ${orders().awaiting}`,
  },
  ...corruptionsOfPayments(orders),
  ...corruptionsOfSales(() => orders().sale),
]
