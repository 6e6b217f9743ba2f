import type { LedgerRefund, LedgerTrade } from '../ledger.ts'
import type { Refund } from './refunds.ts'
import type { Trade } from './trades.ts'

/** A trade, as audits add it up. */
export const tradeRow = (trade: Trade): LedgerTrade => ({
  outTradeNo: trade.request.out_trade_no,
  state: trade.state,
  amount: String(trade.request.amount.total),
  captured: trade.captured.toString(),
  refunded: trade.refunded.toString(),
  refunding: trade.refunding.toString(),
  transactionId: trade.transactionId ?? null,
  failures: trade.failures,
  notifications: { ...trade.notices },
})

export const refundRow = (refund: Refund): LedgerRefund => ({
  outRefundNo: refund.request.out_refund_no,
  outTradeNo: refund.trade.request.out_trade_no,
  amount: String(refund.request.amount.refund),
  status: refund.status,
  notifications: { ...refund.notices },
})
