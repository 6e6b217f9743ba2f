import type { Gateway } from '../gateway.ts'
import { ledgerOf } from '../ledger.ts'
import type { Buyer } from './buyer.ts'
import type { Refund, RefundBook } from './refunds.ts'
import type { Trade, TradeBook } from './trades.ts'

type Container = { trades: TradeBook; refunds: RefundBook; buyer: Buyer; notify: { stop(): void } }

/** What a gateway is beside its wire protocol, for both of WeChat's: the buyer's side, and the books. */
export const buyerSideOf = ({
  trades,
  refunds,
  buyer,
  notify,
}: Container): Omit<Gateway, 'path' | 'routes'> => ({
  has: trades.has,
  show(outTradeNo) {
    const { state, captured, request, transactionId, failures } = trades.find(outTradeNo)
    return {
      state,
      captured,
      transactionId,
      failures,
      amount: BigInt(request.amount.total),
      description: request.description,
    }
  },
  pay: buyer.pay,
  fail: (outTradeNo) => void buyer.fail(outTradeNo),
  close: trades.close,
  forge: buyer.forge,
  ledger: () => ledgerOf(trades.all().map(tradeRow), refunds.all().map(refundRow)),
  stop() {
    notify.stop()
    refunds.stop()
  },
})

/** A trade, as audits add it up. */
const tradeRow = (trade: Trade) => ({
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

const refundRow = (refund: Refund) => ({
  outRefundNo: refund.request.out_refund_no,
  outTradeNo: refund.trade.request.out_trade_no,
  amount: String(refund.request.amount.refund),
  status: refund.status,
  notifications: { ...refund.notices },
})
