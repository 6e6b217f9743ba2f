import type { Corruption } from './corruption.ts'
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
  {
    what: 'an order is paid without an attempt',
    check: 'paid_once',
    corrupt: (tx) => tx`UPDATE attempts SET state = 'closed' WHERE order_id = ${orders().paid}`,
  },
  {
    what: 'an order keeps more than was due',
    check: 'paid_once',
    corrupt: (tx) =>
      tx`UPDATE attempts SET captured_fen = captured_fen + 1 WHERE order_id = ${orders().paid}`,
  },
  {
    what: 'a closed order keeps money',
    check: 'paid_once',
    corrupt: (tx) => tx`UPDATE attempts SET refunding_fen = 0 WHERE order_id = ${orders().closed}`,
  },
  {
    what: 'an order has two open attempts',
    check: 'one_open_attempt',
    corrupt: async (tx) => {
      await tx`DROP INDEX one_open_attempt`
      await tx`
        INSERT INTO attempts (number, order_id, provider, channel, state, amount_fen, currency, description,
          expires_at, calling_until)
        SELECT number + 1, order_id, provider, channel, state, amount_fen, currency, description, expires_at,
          calling_until
        FROM attempts
        WHERE order_id = ${orders().awaiting}`
    },
  },
  {
    what: 'money was captured that no provider has notified',
    check: 'captured_as_notified',
    corrupt: (tx) =>
      tx`UPDATE attempts SET captured_fen = captured_fen + 1 WHERE order_id = ${orders().closed}`,
  },
  {
    what: 'a refund is gone, its reservation is not',
    check: 'refunds',
    corrupt: (tx) => tx`DELETE FROM refunds WHERE order_id = ${orders().closed}`,
  },
  {
    what: 'a refund ended and its money did not move',
    check: 'refunds',
    corrupt: (tx) => tx`UPDATE refunds SET state = 'success' WHERE order_id = ${orders().closed}`,
  },
  {
    what: "a provider's money is on no order and on no way back",
    check: 'captured',
    corrupt: (tx) => tx`UPDATE attempts SET state = 'closed' WHERE order_id = ${orders().paid}`,
  },
  {
    what: 'a payment from a wallet never left it',
    check: 'wallet_payments',
    corrupt: (tx) =>
      tx`DELETE FROM wallet_movements WHERE order_id = ${orders().fromWallet} AND kind = 'payment'`,
  },
  {
    what: 'a refund gave back from the wallet what it says, and the wallet does not know',
    check: 'refunds_of_orders',
    corrupt: (tx) =>
      tx`DELETE FROM wallet_movements WHERE order_id = ${orders().refunded} AND kind = 'order_refund'`,
  },
  {
    what: 'more pieces were refunded than bought',
    check: 'refunds_of_orders',
    corrupt: (tx) =>
      tx`
        UPDATE refund_lines
        SET quantity = quantity + 1
        WHERE refund LIKE ${`order-${orders().partlyRefunded}%`}`,
  },
  {
    what: 'an order is called refunded and is only in part',
    check: 'refunds_of_orders',
    corrupt: (tx) => tx`UPDATE orders SET pay_state = 'refunded' WHERE id = ${orders().partlyRefunded}`,
  },
  {
    what: 'money that went into a wallet instead never arrived',
    check: 'refunded_into_wallets',
    corrupt: (tx) =>
      tx`DELETE FROM wallet_movements WHERE order_id = ${orders().intoWallet} AND kind = 'refund_instead'`,
  },
  {
    what: 'an order was granted a point too much',
    check: 'earned',
    corrupt: (tx) => tx`
      UPDATE points_movements SET points = points + 1 WHERE order_id = ${orders().paid} AND kind = 'earned'`,
  },
  {
    what: 'an order that was refunded whole keeps points that it earned',
    check: 'earned',
    corrupt: (tx) => tx`
      DELETE FROM points_movements WHERE order_id = ${orders().refunded} AND kind = 'unearned'`,
  },
  {
    what: 'an order that was refunded in part keeps growth for all of it',
    check: 'earned',
    corrupt: (tx) => tx`
      DELETE FROM growth_movements WHERE order_id = ${orders().partlyRefunded} AND kind = 'unearned'`,
  },
  {
    what: 'a refund took a point less back than its money had earned',
    check: 'earned',
    corrupt: (tx) => tx`
      UPDATE points_movements SET points = points + 1
      WHERE order_id = ${orders().partlyRefunded} AND kind = 'unearned'`,
  },
  {
    what: 'growth is negative',
    check: 'not_negative',
    corrupt: (tx) => tx`UPDATE loyalty SET growth = -1 WHERE user_id = 20001`,
  },
  {
    what: 'a refunded piece that is on our shelf was not put there',
    check: 'stock_held',
    corrupt: (tx) => tx`
      DELETE FROM stock_movements WHERE order_id = ${orders().partlyRefunded} AND kind = 'refunded'`,
  },
  {
    what: 'pieces that never came back are on a shelf',
    check: 'stock_held',
    corrupt: (tx) => tx`
      INSERT INTO stock_movements (sku_id, warehouse_id, kind, on_hand, reserved, order_id, refund)
      SELECT sku_id, warehouse_id, 'refunded', 1, 0, order_id, 'x'
      FROM stock_movements
      WHERE order_id = ${orders().lost} AND kind = 'deducted'`,
  },
  {
    what: 'an order all of whose pieces are refunded is called partly refunded, though it shipped free',
    check: 'refunds_of_orders',
    corrupt: (tx) => tx`UPDATE orders SET pay_state = 'partly_refunded' WHERE id = ${orders().lost}`,
  },
  {
    what: 'a refund to a wallet has ended and never arrived',
    check: 'refunds_to_wallets',
    corrupt: (tx) => tx`
      UPDATE refunds SET state = 'success' WHERE order_id = ${orders().backToWallet}`,
  },
  {
    what: 'a refund to a wallet arrived with a fen more',
    check: 'refunds_to_wallets',
    corrupt: (tx) => tx`
      INSERT INTO wallet_movements (user_id, kind, amount_fen, order_id, refund)
      SELECT 20006, 'refund', amount_fen + 1, order_id, number
      FROM refunds
      WHERE order_id = ${orders().backToWallet}`,
  },
  {
    what: 'a wallet got a refund that nobody asked for',
    check: 'refunds_to_wallets',
    corrupt: (tx) => tx`
      INSERT INTO wallet_movements (user_id, kind, amount_fen, order_id, refund)
      VALUES (20006, 'refund', 1, ${orders().fromWallet}, 'x')`,
  },
  {
    what: 'a refund is on its way for weeks, while a living process looks after it',
    check: 'stuck',
    corrupt: (tx) => tx`
      UPDATE refunds SET created_at = now() - interval '8 days', due_at = now() + interval '10 minutes'
      WHERE order_id = ${orders().closed}`,
  },
  {
    what: 'nobody looks after a refund',
    check: 'stuck',
    corrupt: (tx) => tx`
      UPDATE refunds SET due_at = now() - interval '6 minutes' WHERE order_id = ${orders().closed}`,
  },
  {
    what: 'a notification waits to be resolved',
    check: 'resolved',
    corrupt: (tx) =>
      tx`
        UPDATE notifications
        SET outcome = NULL, received_at = now() - interval '61 seconds'
        WHERE number = 't1'`,
  },
  ...corruptionsOfSales(() => orders().sale),
]
