import type { Tx } from '../../../db/types.ts'
import type { Corruption } from './corruption.ts'
import type { SaleFixture } from './sale-fixtures.ts'

/** What must never happen to a flash sale. */
export const corruptionsOfSales = (sale: () => SaleFixture): Corruption[] => {
  const offer = (tx: Tx, column: 'quota' | 'granted' | 'sold' | 'buyer_limit', more: number) =>
    tx`UPDATE offers SET ${tx(column)} = ${tx(column)} + ${more} WHERE session_id = ${sale().running.session}`
  const ticket = (tx: Tx, which: keyof Omit<SaleFixture, 'running' | 'ended'>, state: string) =>
    tx`UPDATE tickets SET state = ${state} WHERE id = ${sale()[which]}`
  return [
    {
      what: 'an offer has a piece that no warehouse gave it',
      check: 'offers',
      corrupt: (tx) => offer(tx, 'quota', 1),
    },
    {
      what: 'a piece that came back after the end is on no shelf',
      check: 'offers',
      corrupt: (tx) => tx`DELETE FROM stock_movements WHERE order_id = ${sale().late}`,
    },
    {
      what: 'an offer has granted a piece to nobody',
      check: 'offers',
      corrupt: (tx) => offer(tx, 'granted', 1),
    },
    {
      what: 'an offer does not know that it has granted a piece',
      check: 'offers',
      corrupt: (tx) => offer(tx, 'granted', -1),
    },
    {
      what: 'an order took a piece that was not counted as sold',
      check: 'offers',
      corrupt: (tx) => offer(tx, 'sold', -1),
    },
    {
      what: 'a piece was counted as sold, and nobody took it',
      check: 'offers',
      corrupt: (tx) => offer(tx, 'sold', 1),
    },
    {
      what: 'an offer has granted more than it has',
      check: 'offers',
      corrupt: async (tx) => {
        await tx`ALTER TABLE offers DROP CONSTRAINT offer_never_oversold`
        await tx`
          WITH fewer AS (
            UPDATE offers
            SET quota = granted - 1
            WHERE session_id = ${sale().running.session}
            RETURNING *)
          INSERT INTO stock_movements (sku_id, warehouse_id, kind, on_hand, reserved, session_id)
          SELECT f.sku_id, f.warehouse_id, 'returned', o.quota - f.quota, 0, f.session_id
          FROM fewer f
          JOIN offers o USING (session_id, sku_id)`
      },
    },

    {
      what: 'a piece that was refunded before shipping is still its ticket’s',
      check: 'pieces_of_flash_orders',
      corrupt: (tx) => tx`UPDATE tickets SET quantity = quantity + 1 WHERE id = ${sale().partlyRefunded}`,
    },
    {
      what: 'a ticket has lost a piece that nobody refunded',
      check: 'pieces_of_flash_orders',
      corrupt: (tx) => tx`UPDATE tickets SET quantity = quantity - 1 WHERE id = ${sale().paid}`,
    },
    {
      what: 'a piece that came back after shipping is on no shelf',
      check: 'pieces_of_flash_orders',
      corrupt: (tx) => tx`
        DELETE FROM stock_movements WHERE order_id = ${sale().shelved} AND kind = 'refunded'`,
    },
    {
      what: 'a ticket was given back for fewer pieces than its order had',
      check: 'pieces_of_flash_orders',
      corrupt: (tx) => tx`
        UPDATE refund_lines SET quantity = quantity + 1 WHERE refund LIKE ${`order-${sale().refunded}%`}`,
    },

    {
      what: 'a ticket still waits, though its order is placed',
      check: 'tickets',
      corrupt: (tx) => ticket(tx, 'live', 'waiting'),
    },
    {
      what: 'a ticket lives on after its order',
      check: 'tickets',
      corrupt: (tx) => ticket(tx, 'closed', 'live'),
    },
    {
      what: 'a ticket lives without an order',
      check: 'tickets',
      corrupt: (tx) => ticket(tx, 'waiting', 'live'),
    },
    {
      what: 'a ticket is paid, and its order is not',
      check: 'tickets',
      corrupt: (tx) => ticket(tx, 'live', 'paid'),
    },
    {
      what: 'an order is paid, and its ticket is not',
      check: 'tickets',
      corrupt: (tx) => ticket(tx, 'paid', 'live'),
    },
    {
      what: 'a ticket was given back while its order lives',
      check: 'tickets',
      corrupt: (tx) => ticket(tx, 'live', 'given_back'),
    },
    {
      what: 'a ticket was given back without an order that says why',
      check: 'tickets',
      corrupt: (tx) => ticket(tx, 'waiting', 'given_back'),
    },
    {
      what: 'a ticket that staging refused has an order',
      check: 'tickets',
      corrupt: (tx) => ticket(tx, 'rejected', 'refused'),
    },
    {
      what: 'a flash order has no ticket',
      check: 'tickets',
      corrupt: (tx) => tx`DELETE FROM tickets WHERE id = ${sale().live}`,
    },
    {
      what: "a ticket's order is another buyer's",
      check: 'tickets',
      corrupt: (tx) => tx`UPDATE tickets SET buyer_id = 20008 WHERE id = ${sale().live}`,
    },

    {
      what: 'a buyer has more pieces of an offer than allowed',
      check: 'buyers_of_offers',
      corrupt: (tx) => offer(tx, 'buyer_limit', -1),
    },
    {
      what: 'a buyer has two tickets of an offer that are not paid',
      check: 'buyers_of_offers',
      corrupt: (tx) => tx`
        UPDATE tickets
        SET buyer_id = (SELECT buyer_id FROM tickets WHERE id = ${sale().live})
        WHERE id = ${sale().waiting}`,
    },

    {
      what: 'a ticket waits for its order',
      check: 'stuck',
      corrupt: (tx) =>
        tx`UPDATE tickets SET staged_at = now() - interval '6 minutes' WHERE id = ${sale().waiting}`,
    },
    {
      what: 'the gate has not been synced: pieces are for sale again',
      check: 'stuck',
      corrupt: (tx) =>
        tx`UPDATE tickets SET ended_at = now() - interval '6 minutes' WHERE id = ${sale().closed}`,
    },
    {
      what: 'the gate has not been synced with a payment',
      check: 'stuck',
      corrupt: (tx) => tx`UPDATE orders SET paid_at = now() - interval '6 minutes' WHERE id = ${sale().paid}`,
    },
    {
      what: 'the gate has not been synced: a part of an order is for sale again',
      check: 'stuck',
      corrupt: (tx) => tx`
        UPDATE refunds
        SET created_at = now() - interval '6 minutes'
        WHERE order_id = ${sale().partlyRefunded}`,
    },
    {
      what: 'a session runs past its end',
      check: 'stuck',
      corrupt: (tx) => tx`
        UPDATE sessions
        SET opens_at = now() - interval '1 hour', ends_at = now() - interval '6 minutes'
        WHERE id = ${sale().running.session}`,
    },
  ]
}
