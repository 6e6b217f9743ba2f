import type { Sql, Tx } from '../../db/types.ts'
import type { AttemptNumber, Ids, OrderId } from '../../domain/ids.ts'
import { type Fen, fen, moneyJson } from '../../domain/money.ts'
import { refuse } from '../../domain/refusals.ts'
import type { PaymentProvider, Trade, TradeFacts } from '../../providers/provider.ts'
import { type Stored, storePayment } from './notifications.ts'

/** The wallet as merchant and app of its own. */
export const balanceAccount = { merchant: 'floodgate', app: 'wallet' }

const facts = (attempt: AttemptNumber, amount: Fen): TradeFacts => ({
  provider: 'balance',
  transaction: attempt,
  attempt,
  state: 'SUCCESS',
  amount,
  currency: 'CNY',
  ...balanceAccount,
})

/**
 * Pays an attempt from the wallet: the debit and the notification that tells of it are one transaction, the caller's, which holds the
 * order's row. Refuses with `balance_insufficient`. A movement of the kind `payment`, not the part-payment of placing (`order`).
 */
export async function payFromWallet(
  tx: Tx,
  ids: Ids,
  order: OrderId,
  attempt: AttemptNumber,
  amount: Fen,
): Promise<Stored> {
  const debited = await tx`
    WITH debited AS (
      UPDATE wallets w SET balance_fen = w.balance_fen - ${amount} FROM orders o
      WHERE o.id = ${order} AND w.user_id = o.buyer_id AND w.balance_fen >= ${amount} RETURNING w.user_id)
    INSERT INTO wallet_movements (user_id, kind, amount_fen, order_id) SELECT user_id, 'payment', ${-amount}, ${order} FROM debited`
  if (debited.count !== 1) {
    const [wallet] = await tx<{ balance: bigint }[]>`
      SELECT w.balance_fen AS balance FROM wallets w JOIN orders o ON o.buyer_id = w.user_id WHERE o.id = ${order}`
    refuse('balance_insufficient', { available: moneyJson(fen(wallet?.balance ?? 0n)) })
  }
  return storePayment(tx, ids, facts(attempt, amount), 'balance')
}

/** The wallet as a provider: what it knows of an attempt is in its own rows, so asking is always answered. */
export function balanceProvider(sql: Sql): PaymentProvider {
  const trade = async (attempt: AttemptNumber): Promise<Trade> => {
    const [paid] = await sql<{ amount: bigint }[]>`
      SELECT n.amount_fen AS amount FROM notifications n WHERE n.provider = 'balance' AND n.attempt = ${attempt}`
    return paid
      ? { is: 'paid', facts: facts(attempt, fen(paid.amount)) }
      : { is: 'closed', state: 'NOT_DEBITED' }
  }
  return {
    name: 'balance',
    channels: { balance: 'wallet' },
    timeoutMs: 0,
    open: async () => ({ is: 'refused', code: 'PAID_AT_ONCE' }),
    query: trade,
    close: trade,
    refund: ({ refund }) => refundToWallet(sql, refund),
    queryRefund: (refund) => refundToWallet(sql, refund),
  }
}

/** Puts a refund back into the wallet, once (unique movement). */
async function refundToWallet(
  sql: Sql,
  refund: string,
): Promise<{ is: 'success' | 'missing'; code: string }> {
  const [row] = await sql<{ known: boolean }[]>`
    WITH asked AS (SELECT r.number, r.order_id, r.amount_fen, o.buyer_id FROM refunds r JOIN orders o ON o.id = r.order_id WHERE r.number = ${refund}),
    moved AS (
      INSERT INTO wallet_movements (user_id, kind, amount_fen, order_id, refund) SELECT buyer_id, 'refund', amount_fen, order_id, number FROM asked
      ON CONFLICT ON CONSTRAINT wallet_movement_once DO NOTHING RETURNING user_id, amount_fen),
    credited AS (UPDATE wallets w SET balance_fen = w.balance_fen + m.amount_fen FROM moved m WHERE w.user_id = m.user_id)
    SELECT EXISTS (SELECT 1 FROM asked) AS known`
  return row?.known ? { is: 'success', code: 'CREDITED' } : { is: 'missing', code: 'NO_SUCH_REFUND' }
}
