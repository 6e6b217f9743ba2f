import type { Sql, Tx } from '../../db/types.ts'
import type { AttemptNumber, Ids, OrderId, RefundNumber } from '../../domain/ids.ts'
import { type Fen, fen } from '../../domain/money.ts'
import type { PaymentProvider, Trade, TradeFacts } from '../../providers/provider.ts'
import { credit, debit } from '../inventory/wallet.ts'
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
 * Pays an attempt from the wallet: the debit and the notification of it are one transaction, the caller's,
 * which holds the order's row. A movement of the kind `payment`, not the part-payment of placing (`order`).
 * @throws {Refused} balance_insufficient
 */
export async function payFromWallet(
  tx: Tx,
  ids: Ids,
  { order, number, amount }: { order: OrderId; number: AttemptNumber; amount: Fen },
): Promise<Stored> {
  await debit(tx, { order, kind: 'payment', amount })
  return storePayment({ sql: tx, ids }, facts(number, amount), 'balance')
}

/** The wallet as a provider: what it knows of an attempt is in its own rows, so asking is always answered. */
export function balanceProvider(sql: Sql): PaymentProvider {
  const trade = async (attempt: AttemptNumber): Promise<Trade> => {
    const [paid] = await sql<{ amount: bigint }[]>`
      SELECT amount_fen AS amount
      FROM notifications
      WHERE provider = 'balance'
        AND kind = 'payment'
        AND attempt = ${attempt}`
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

/** Puts a refund back into the wallet; repeated, it changes nothing. */
function refundToWallet(
  sql: Sql,
  refund: RefundNumber,
): Promise<{ is: 'success' | 'missing'; code: string }> {
  return sql.begin(async (tx) => {
    const [row] = await tx<{ order: OrderId; amount: bigint }[]>`
      SELECT order_id::text AS order,
             amount_fen AS amount
      FROM refunds
      WHERE number = ${refund}`
    if (!row) return { is: 'missing', code: 'NO_SUCH_REFUND' }
    await credit(tx, { order: row.order, kind: 'refund', amount: fen(row.amount), refund })
    return { is: 'success', code: 'CREDITED' }
  })
}
