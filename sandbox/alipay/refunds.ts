import * as z from 'zod'
import type { Notices } from '../ledger.ts'
import { GatewayRefusal } from '../refusal.ts'
import { fenOf, type Trade, type TradeBook, yuanOf } from './trades.ts'

/** alipay.trade.refund: by Alipay's number or by the merchant's. */
export const refundSchema = z.strictObject({
  trade_no: z.string().min(1).max(64).optional(),
  out_trade_no: z.string().min(1).max(64),
  refund_amount: z.string().regex(/^(?!0\.00$)\d{1,9}\.\d\d$/),
  out_request_no: z.string().min(1).max(64),
  refund_reason: z.string().max(256).optional(),
})
/** alipay.trade.fastpay.refund.query. */
export const refundQuerySchema = z.strictObject({
  trade_no: z.string().optional(),
  out_trade_no: z.string().min(1),
  out_request_no: z.string().min(1),
})
type RefundRequest = z.infer<typeof refundSchema>

export type Refund = {
  readonly request: RefundRequest
  readonly trade: Trade
  readonly at: number
  readonly moved: boolean
  readonly notices: Notices
}

/** Refunds by trade and out_request_no: asked twice, made once; never more than was captured. They move at once, or never. */
export function refundBook(trades: TradeBook, now: () => number) {
  const refunds = new Map<string, Refund>()
  const refuse = (code: string, message: string): never => {
    throw new GatewayRefusal(400, code, message)
  }
  const tradeOf = ({
    trade_no,
    out_trade_no,
  }: {
    trade_no?: string | undefined
    out_trade_no: string
  }): Trade => {
    const trade = trades.find(out_trade_no)
    return trade_no === undefined || trade.tradeNo === trade_no
      ? trade
      : refuse('ACQ.INVALID_PARAMETER', '交易号与订单号不符')
  }

  return {
    tradeOf,
    all: () => [...refunds.values()],
    find: (trade: Trade, number: string) => refunds.get(`${trade.request.out_trade_no} ${number}`),
    /** The refund, and whether this very call moved the money (fund_change). */
    apply(request: RefundRequest, moves: boolean): { refund: Refund; change: 'Y' | 'N' } {
      const trade = tradeOf(request)
      const key = `${request.out_trade_no} ${request.out_request_no}`
      const known = refunds.get(key)
      if (known) {
        if (known.request.refund_amount !== request.refund_amount)
          return refuse('ACQ.DISCORDANT_REPEAT_REQUEST', '请求信息不一致')
        return { refund: known, change: 'N' }
      }
      if (trade.state === 'TRADE_FINISHED') return refuse('ACQ.TRADE_HAS_FINISHED', '交易已完结')
      if (trade.state !== 'TRADE_SUCCESS') return refuse('ACQ.TRADE_STATUS_ERROR', '交易状态不合法')
      const amount = fenOf(request.refund_amount)
      if (trade.refunded + amount > trade.captured)
        return refuse('ACQ.REFUND_AMT_NOT_EQUAL_TOTAL', '退款金额超限')
      const refund: Refund = {
        request,
        trade,
        at: now(),
        moved: moves,
        notices: { sent: 0, acked: 0, forged: 0 },
      }
      refunds.set(key, refund)
      if (!moves) return { refund, change: 'N' }
      trade.refunded += amount
      if (trade.refunded === trade.captured) trade.state = 'TRADE_CLOSED'
      return { refund, change: 'Y' }
    },
  }
}
export type RefundBook = ReturnType<typeof refundBook>

export const refundJson = ({ trade }: Refund, change: 'Y' | 'N') => ({
  ...{ trade_no: trade.tradeNo, out_trade_no: trade.request.out_trade_no, buyer_logon_id: '159****5620' },
  ...{ fund_change: change, refund_fee: yuanOf(trade.refunded), send_back_fee: yuanOf(trade.refunded) },
})

/** What has moved is told with its status; of everything else Alipay says no more than that the question was understood. */
export const refundQueryJson = (refund: Refund | undefined) =>
  refund?.moved
    ? {
        ...{
          trade_no: refund.trade.tradeNo,
          out_trade_no: refund.trade.request.out_trade_no,
          out_request_no: refund.request.out_request_no,
        },
        ...{
          total_amount: yuanOf(refund.trade.captured),
          refund_amount: refund.request.refund_amount,
          refund_status: 'REFUND_SUCCESS',
        },
      }
    : {}
