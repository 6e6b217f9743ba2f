import type { RefundBook } from './refunds.ts'
import type { Notices, TradeBook } from './trades.ts'

/** What the gateway really holds, for audits to add up: amounts are fen, in decimal strings. */
export type Ledger = {
  captured: string
  refunded: string
  /** Accepted, and not at its end yet. */
  refunding: string
  trades: LedgerTrade[]
  refunds: LedgerRefund[]
}
type LedgerTrade = {
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
type LedgerRefund = { outRefundNo: string; outTradeNo: string; amount: string; status: string; notifications: Notices }

export function ledger(trades: TradeBook, refunds: RefundBook): Ledger {
  const all = trades.all()
  const sum = (column: 'captured' | 'refunded' | 'refunding') => all.reduce((total, trade) => total + trade[column], 0n).toString()
  return {
    captured: sum('captured'),
    refunded: sum('refunded'),
    refunding: sum('refunding'),
    trades: all.map((trade) => ({
      outTradeNo: trade.request.out_trade_no,
      state: trade.state,
      amount: String(trade.request.amount.total),
      captured: trade.captured.toString(),
      refunded: trade.refunded.toString(),
      refunding: trade.refunding.toString(),
      transactionId: trade.transactionId ?? null,
      failures: trade.failures,
      notifications: { ...trade.notices },
    })),
    refunds: refunds.all().map((refund) => ({
      outRefundNo: refund.request.out_refund_no,
      outTradeNo: refund.trade.request.out_trade_no,
      amount: String(refund.request.amount.refund),
      status: refund.status,
      notifications: { ...refund.notices },
    })),
  }
}
