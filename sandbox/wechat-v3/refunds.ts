import { randomInt } from 'node:crypto'
import * as z from 'zod'
import { rfc3339 } from '../clock.ts'
import type { Notices } from '../ledger.ts'
import { GatewayRefusal } from '../refusal.ts'
import type { Trade, TradeBook } from './trades.ts'

/**
 * What a refund must and may carry: the trade by WeChat's number or by the merchant's. Amounts are fen.
 * @see 退款申请 https://pay.weixin.qq.com/doc/v3/merchant/4013071036
 */
export const refundSchema = z
  .strictObject({
    transaction_id: z.string().min(1).max(32).optional(),
    out_trade_no: z.string().min(6).max(32).optional(),
    out_refund_no: z.string().regex(/^[0-9A-Za-z_\-|*@]{1,64}$/),
    reason: z.string().max(80).optional(),
    notify_url: z
      .url({ protocol: /^https?$/ })
      .max(256)
      .optional(),
    funds_account: z.enum(['AVAILABLE', 'UNSETTLED']).optional(),
    amount: z.strictObject({
      refund: z.int().positive(),
      total: z.int().positive(),
      currency: z.literal('CNY'),
      from: z
        .array(z.strictObject({ account: z.enum(['AVAILABLE', 'UNAVAILABLE']), amount: z.int().positive() }))
        .optional(),
    }),
    goods_detail: z
      .array(
        z.strictObject({
          merchant_goods_id: z.string().min(1).max(32),
          wechatpay_goods_id: z.string().max(32).optional(),
          goods_name: z.string().max(256).optional(),
          unit_price: z.int().nonnegative(),
          refund_amount: z.int().nonnegative(),
          refund_quantity: z.int().positive(),
        }),
      )
      .optional(),
  })
  .refine(
    (body) => body.transaction_id !== undefined || body.out_trade_no !== undefined,
    'one of transaction_id and out_trade_no',
  )
export type RefundRequest = z.infer<typeof refundSchema>

type End = 'SUCCESS' | 'CLOSED' | 'ABNORMAL'
export type Refund = {
  readonly request: RefundRequest
  readonly refundId: string
  readonly trade: Trade
  readonly createdAt: number
  readonly notices: Notices
  status: 'PROCESSING' | End
  endedAt: number | undefined
}
type Options = {
  /** How long a refund is PROCESSING, ms. */
  refundMs: number
  /** 同一笔订单多次退款的请求需相隔1分钟, ms. */
  refundGapMs: number
  now: () => number
}

/** 一笔订单最多支持50次部分退款. */
const mostRefunds = 50
/** 交易时间超过一年的订单无法提交退款（按支付成功时间+365天计算）. */
const refundableMs = 365 * 86_400_000

const refuse = (status: number, code: string, message: string): never => {
  throw new GatewayRefusal(status, code, message)
}

/**
 * Refunds by out_refund_no: requested twice, made once; never more than was captured. They end `refundMs`
 * after they were accepted.
 */
export function refundBook(trades: TradeBook, { refundMs, refundGapMs, now }: Options) {
  const refunds = new Map<string, Refund>()
  const timers = new Set<NodeJS.Timeout>()
  const all = () => [...refunds.values()]

  const settle = (refund: Refund, end: End): void => {
    const amount = BigInt(refund.request.amount.refund)
    refund.trade.refunding -= amount
    if (end === 'SUCCESS') refund.trade.refunded += amount
    Object.assign(refund, { status: end, endedAt: now() })
  }

  const tradeOf = ({ transaction_id, out_trade_no = '' }: Partial<RefundRequest>): Trade =>
    (transaction_id === undefined ? trades.find(out_trade_no) : trades.byTransaction(transaction_id)) ??
    refuse(404, 'RESOURCE_NOT_EXISTS', '订单不存在')

  /** Whether the trade takes this refund; throws WeChat's refusal. */
  const check = (trade: Trade, { amount }: RefundRequest): void => {
    const before = all().filter((refund) => refund.trade === trade)
    const last = before.at(-1)
    if (trade.state !== 'SUCCESS' && trade.state !== 'REFUND') refuse(400, 'INVALID_REQUEST', '订单未支付')
    if (BigInt(amount.total) !== trade.captured) refuse(400, 'INVALID_REQUEST', '订单金额不一致')
    if (now() > (trade.paidAt ?? 0) + refundableMs)
      refuse(403, 'TRADE_OVERDUE', '订单已经超过可退款的最大期限（支付后一年内可退款）')
    if (trade.refunding + trade.refunded + BigInt(amount.refund) > trade.captured)
      refuse(400, 'INVALID_REQUEST', '累计退款金额大于支付金额')
    if (before.length >= mostRefunds) refuse(400, 'INVALID_REQUEST', '一笔订单最多支持50次部分退款')
    if (last && now() < last.createdAt + refundGapMs)
      refuse(429, 'FREQUENCY_LIMITED', '同一笔订单多次退款的请求需相隔1分钟')
  }

  return {
    tradeOf,
    tradeOfRefund: (outRefundNo: string) => refunds.get(outRefundNo)?.trade.request.out_trade_no,
    all,
    find: (outRefundNo: string): Refund =>
      refunds.get(outRefundNo) ?? refuse(404, 'RESOURCE_NOT_EXISTS', '退款单不存在'),
    /**
     * Accepts a refund, which ends as `end`; `ended` is called then. A known number gives its refund again.
     */
    apply(request: RefundRequest, end: End, ended: (refund: Refund) => void): Refund {
      const known = refunds.get(request.out_refund_no)
      if (known)
        return JSON.stringify(known.request) === JSON.stringify(request)
          ? known
          : refuse(400, 'INVALID_REQUEST', '订单金额或退款金额与之前请求不一致')
      const trade = tradeOf(request)
      check(trade, request)
      const refund: Refund = {
        request,
        refundId: `5030${randomInt(2 ** 47)}`,
        trade,
        createdAt: now(),
        notices: { sent: 0, acked: 0, forged: 0 },
        status: 'PROCESSING',
        endedAt: undefined,
      }
      refunds.set(request.out_refund_no, refund)
      trade.refunding += BigInt(request.amount.refund)
      trade.state = 'REFUND'
      const timer = setTimeout(() => {
        timers.delete(timer)
        settle(refund, end)
        ended(refund)
      }, refundMs)
      timers.add(timer)
      return refund
    },
    stop(): void {
      for (const timer of timers) clearTimeout(timer)
    },
  }
}
export type RefundBook = ReturnType<typeof refundBook>

const numbers = (refund: Refund) => ({
  refund_id: refund.refundId,
  out_refund_no: refund.request.out_refund_no,
  transaction_id: refund.trade.transactionId,
  out_trade_no: refund.trade.request.out_trade_no,
  user_received_account: '支付用户零钱',
  ...(refund.status === 'SUCCESS' && { success_time: rfc3339(refund.endedAt ?? refund.createdAt) }),
})

const amounts = ({ amount: { total, refund } }: RefundRequest) => ({
  total,
  refund,
  payer_total: total,
  payer_refund: refund,
})

/** 查询单笔退款: the refund in JSON. */
export const refundJson = (refund: Refund) => ({
  ...numbers(refund),
  channel: 'ORIGINAL',
  status: refund.status,
  create_time: rfc3339(refund.createdAt),
  funds_account: refund.request.funds_account ?? 'UNSETTLED',
  amount: {
    ...amounts(refund.request),
    settlement_refund: refund.request.amount.refund,
    settlement_total: refund.request.amount.total,
    discount_refund: 0,
    currency: 'CNY',
  },
})

/** 退款结果通知: what its notification carries; the state has another name there. */
export const refundNoticeJson = (refund: Refund) => ({
  mchid: refund.trade.request.mchid,
  ...numbers(refund),
  refund_status: refund.status,
  amount: amounts(refund.request),
})
