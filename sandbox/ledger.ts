export type Notices = { sent: number; acked: number; forged: number }

/** What the providers really hold, for audits to add up: amounts are fen, in decimal strings. */
export type Ledger = {
  captured: string
  refunded: string
  /** Accepted, and not at its end yet. */
  refunding: string
  trades: LedgerTrade[]
  refunds: LedgerRefund[]
}
export type LedgerTrade = {
  outTradeNo: string
  state: string
  amount: string
  captured: string
  refunded: string
  refunding: string
  transactionId: string | null
  failures: number
  notifications: Notices
}
export type LedgerRefund = {
  outRefundNo: string
  outTradeNo: string
  amount: string
  status: string
  notifications: Notices
}

/** The ledger of these trades and refunds. */
export function ledgerOf(trades: LedgerTrade[], refunds: LedgerRefund[]): Ledger {
  const sum = (column: 'captured' | 'refunded' | 'refunding') =>
    trades.reduce((total, trade) => total + BigInt(trade[column]), 0n).toString()
  return {
    captured: sum('captured'),
    refunded: sum('refunded'),
    refunding: sum('refunding'),
    trades,
    refunds,
  }
}

/** All providers' ledgers as one. */
export const together = (ledgers: readonly Ledger[]): Ledger =>
  ledgerOf(
    ledgers.flatMap(({ trades }) => trades),
    ledgers.flatMap(({ refunds }) => refunds),
  )
