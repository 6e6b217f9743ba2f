import type { Tx } from '../../db/types.ts'
import type { OrderId, RefundNumber } from '../../domain/ids.ts'
import { type Fen, fen, moneyJson } from '../../domain/money.ts'
import { refuse } from '../../domain/refusals.ts'

/**
 * What an order takes from its buyer's wallet: a part when it is placed (`order`), or all of it by the
 * channel `balance` (`payment`).
 */
export type Debit = { order: OrderId; kind: 'order' | 'payment'; amount: Fen | 'as_ordered' }

/**
 * What comes back into the wallet: the part of an order that was never confirmed or closed (`order_undone`),
 * or that was refunded (`order_refund`); money that had come by the channel `balance` (`refund`), or that its
 * provider could not send back (`refund_instead`).
 */
export type Credit = {
  order: OrderId
  kind: 'order_undone' | 'order_refund' | 'refund' | 'refund_instead'
  amount: Fen | 'as_ordered'
  refund?: RefundNumber
}

/**
 * Takes an amount (fen; `as_ordered`: what the order says) from the wallet of the order's buyer, and writes
 * the movement. With `credit` the only writer of wallets.
 * @throws {Refused} balance_insufficient
 */
export async function debit(tx: Tx, { order, kind, amount }: Debit): Promise<void> {
  const fenOf = amountOf(tx, amount)
  const debited = await tx`
    WITH debited AS (
      UPDATE wallets w
      SET balance_fen = w.balance_fen - ${fenOf}
      FROM orders o
      WHERE o.id = ${order}
        AND w.user_id = o.buyer_id
        AND w.balance_fen >= ${fenOf}
      RETURNING w.user_id, ${fenOf} AS amount_fen)
    INSERT INTO wallet_movements (user_id, kind, amount_fen, order_id)
    SELECT user_id, ${kind}, -amount_fen, ${order}
    FROM debited`
  if (debited.count === 1) return
  const [wallet] = await tx<{ balance: bigint }[]>`
    SELECT w.balance_fen AS balance
    FROM wallets w
    JOIN orders o ON o.buyer_id = w.user_id
    WHERE o.id = ${order}`
  refuse('balance_insufficient', { available: moneyJson(fen(wallet?.balance ?? 0n)) })
}

/**
 * Puts an amount (fen; `as_ordered`: what the order took) into the wallet of the order's buyer, once for each
 * order, kind and refund; makes the wallet where there is none. Whoever repeats it changes nothing.
 */
export async function credit(tx: Tx, { order, kind, amount, refund }: Credit): Promise<void> {
  await tx`
    WITH credited AS (
      INSERT INTO wallet_movements (user_id, kind, amount_fen, order_id, refund)
      SELECT o.buyer_id, ${kind}, ${amountOf(tx, amount)}, o.id, ${refund ?? ''}
      FROM orders o
      WHERE o.id = ${order}
      ON CONFLICT ON CONSTRAINT wallet_movement_once DO NOTHING
      RETURNING user_id, amount_fen)
    INSERT INTO wallets AS w (user_id, balance_fen)
    SELECT user_id, amount_fen
    FROM credited
    ON CONFLICT (user_id) DO UPDATE SET balance_fen = w.balance_fen + excluded.balance_fen`
}

const amountOf = (tx: Tx, amount: Fen | 'as_ordered') =>
  amount === 'as_ordered' ? tx`o.balance_fen` : tx`${amount}::bigint`

/** Pays the part of an order that its buyer wanted from the wallet. @throws {Refused} balance_insufficient */
export const debitBalance = (tx: Tx, order: OrderId): Promise<void> =>
  debit(tx, { order, kind: 'order', amount: 'as_ordered' })

/** Undoes `debitBalance`. */
export const creditBalance = (tx: Tx, order: OrderId): Promise<void> =>
  credit(tx, { order, kind: 'order_undone', amount: 'as_ordered' })
