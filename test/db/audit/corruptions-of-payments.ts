import type { Corruption } from './corruption.ts'
import type { Fixture } from './fixtures.ts'

/** What must never happen to attempts, refunds and notifications. */
export const corruptionsOfPayments = (orders: () => Fixture): Corruption[] => [
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
]
