import type { Tx } from '../../db/types.ts'
import type { OrderId } from '../../domain/ids.ts'
import { fen, moneyJson } from '../../domain/money.ts'
import { refuse } from '../../domain/refusals.ts'

/** Pays the order's part that the buyer wanted from the wallet. Refuses with `balance_insufficient` when it is short. */
export async function debitBalance(tx: Tx, order: OrderId): Promise<void> {
  const debited = await tx`
    WITH debited AS (
      UPDATE wallets w SET balance_fen = w.balance_fen - o.balance_fen FROM orders o
      WHERE o.id = ${order} AND w.user_id = o.buyer_id AND w.balance_fen >= o.balance_fen RETURNING o.buyer_id, o.balance_fen)
    INSERT INTO wallet_movements (user_id, kind, amount_fen, order_id) SELECT buyer_id, 'order', -balance_fen, ${order} FROM debited`
  if (debited.count === 1) return
  const [wallet] = await tx<{ balance: bigint }[]>`
    SELECT w.balance_fen AS balance FROM wallets w JOIN orders o ON o.buyer_id = w.user_id WHERE o.id = ${order}`
  refuse('balance_insufficient', { available: moneyJson(fen(wallet?.balance ?? 0n)) })
}

/** Puts the part back into the wallet. */
export async function creditBalance(tx: Tx, order: OrderId): Promise<void> {
  await tx`
    WITH credited AS (
      UPDATE wallets w SET balance_fen = w.balance_fen + o.balance_fen FROM orders o
      WHERE o.id = ${order} AND w.user_id = o.buyer_id RETURNING o.buyer_id, o.balance_fen)
    INSERT INTO wallet_movements (user_id, kind, amount_fen, order_id) SELECT buyer_id, 'order_undone', balance_fen, ${order} FROM credited`
}
