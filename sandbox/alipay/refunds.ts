import * as z from 'zod'
import type { Notices } from '../ledger.ts'
import { GatewayRefusal } from '../refusal.ts'
import { amountSchema } from './creation.ts'
import { shanghaiTime } from './signature.ts'
import { fenOf, type Trade, type TradeBook, yuanOf } from './trades.ts'

const named = z.strictObject({
  trade_no: z.string().min(1).max(64).optional(),
  out_trade_no: z.string().min(1).max(64).optional(),
})
const isNamed = ({ trade_no, out_trade_no }: z.infer<typeof named>): boolean =>
  trade_no !== undefined || out_trade_no !== undefined

/**
 * What alipay.trade.refund must and may carry; without a number of its own a refund has the trade's.
 * @see 统一收单交易退款接口 https://opendocs.alipay.com/open/028sm9
 */
export const refundSchema = named
  .extend({
    refund_amount: amountSchema,
    out_request_no: z.string().min(1).max(64).optional(),
    refund_reason: z.string().max(256).optional(),
    refund_goods_detail: z.array(z.unknown()).optional(),
    operator_id: z.string().max(30).optional(),
    store_id: z.string().max(32).optional(),
    terminal_id: z.string().max(32).optional(),
    query_options: z.array(z.string()).optional(),
  })
  .refine(isNamed, 'one of trade_no and out_trade_no')
/** What alipay.trade.fastpay.refund.query must and may carry. https://opendocs.alipay.com/open/028sma */
export const refundQuerySchema = named
  .extend({ out_request_no: z.string().min(1), query_options: z.array(z.string()).optional() })
  .refine(isNamed, 'one of trade_no and out_trade_no')
type RefundRequest = z.infer<typeof refundSchema>

export type Refund = {
  readonly request: RefundRequest
  /** out_request_no */
  readonly number: string
  readonly trade: Trade
  readonly at: number
  readonly moved: boolean
  readonly notices: Notices
}

/**
 * Refunds by trade and out_request_no: asked twice, made once; never more than was captured. They move at
 * once, or never.
 */
export function refundBook(trades: TradeBook, now: () => number) {
  const refunds = new Map<string, Refund>()
  const refuse = (code: string, message: string): never => {
    throw new GatewayRefusal(400, code, message)
  }
  const keyOf = (trade: Trade, number: string) => `${trade.request.out_trade_no} ${number}`

  return {
    tradeOf: trades.findBy,
    all: () => [...refunds.values()],
    find: (trade: Trade, number: string) => refunds.get(keyOf(trade, number)),
    /** The refund, and whether this very call moved the money (fund_change). */
    apply(request: RefundRequest, moves: boolean): { refund: Refund; change: 'Y' | 'N' } {
      const trade = trades.findBy(request)
      const number = request.out_request_no ?? trade.request.out_trade_no
      const key = keyOf(trade, number)
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
        number,
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

/** A refund as the answer to alipay.trade.refund shows it. */
export const refundJson = ({ trade }: Refund, change: 'Y' | 'N') => ({
  ...{ trade_no: trade.tradeNo, out_trade_no: trade.request.out_trade_no, buyer_logon_id: '159****5620' },
  ...{ fund_change: change, refund_fee: yuanOf(trade.refunded), send_back_fee: yuanOf(trade.refunded) },
})

/**
 * alipay.trade.fastpay.refund.query: a refund that was made; of any other Alipay says no more than that the
 * question was understood.
 */
export const refundQueryJson = (refund: Refund | undefined, options: readonly string[] = []) =>
  refund?.moved
    ? {
        trade_no: refund.trade.tradeNo,
        out_trade_no: refund.trade.request.out_trade_no,
        out_request_no: refund.number,
        total_amount: yuanOf(refund.trade.captured),
        refund_amount: refund.request.refund_amount,
        refund_status: 'REFUND_SUCCESS',
        ...(options.includes('gmt_refund_pay') && { gmt_refund_pay: shanghaiTime(refund.at) }),
      }
    : {}
