import { randomInt } from 'node:crypto'
import * as z from 'zod'
import type { Notices } from '../ledger.ts'
import { GatewayRefusal } from '../refusal.ts'
import type { Trade, TradeBook } from './trades.ts'

/** 退款申请: by WeChat's number or by the merchant's. Amounts are fen. */
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
    amount: z.strictObject({
      refund: z.int().positive(),
      total: z.int().positive(),
      currency: z.literal('CNY'),
    }),
  })
  .refine(
    (body) => (body.transaction_id === undefined) !== (body.out_trade_no === undefined),
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
}

/** Refunds by out_refund_no: asked twice, made once; never more than was captured. They end `delayMs` after they were accepted. */
export function refundBook(trades: TradeBook, delayMs: number, now: () => number) {
  const refunds = new Map<string, Refund>()
  const timers = new Set<NodeJS.Timeout>()

  const settle = (refund: Refund, end: End): void => {
    const amount = BigInt(refund.request.amount.refund)
    refund.trade.refunding -= amount
    if (end === 'SUCCESS') refund.trade.refunded += amount
    refund.status = end
  }

  const tradeOf = (request: RefundRequest): Trade => {
    const trade =
      request.transaction_id === undefined
        ? trades.find(request.out_trade_no ?? '')
        : trades.byTransaction(request.transaction_id)
    if (!trade) throw new GatewayRefusal(404, 'RESOURCE_NOT_EXISTS', '订单不存在')
    return trade
  }

  return {
    tradeOf,
    tradeOfRefund: (outRefundNo: string) => refunds.get(outRefundNo)?.trade.request.out_trade_no,
    all: () => [...refunds.values()],
    find(outRefundNo: string): Refund {
      const refund = refunds.get(outRefundNo)
      if (!refund) throw new GatewayRefusal(404, 'RESOURCE_NOT_EXISTS', '退款单不存在')
      return refund
    },
    apply(request: RefundRequest, end: End, ended: (refund: Refund) => void): Refund {
      const known = refunds.get(request.out_refund_no)
      if (known) {
        if (JSON.stringify(known.request) === JSON.stringify(request)) return known
        throw new GatewayRefusal(400, 'INVALID_REQUEST', '订单金额或退款金额与之前请求不一致')
      }
      const trade = tradeOf(request)
      const amount = BigInt(request.amount.refund)
      if (trade.state !== 'SUCCESS' && trade.state !== 'REFUND')
        throw new GatewayRefusal(400, 'INVALID_REQUEST', '订单未支付')
      if (BigInt(request.amount.total) !== trade.captured)
        throw new GatewayRefusal(400, 'INVALID_REQUEST', '订单金额不一致')
      if (trade.refunding + trade.refunded + amount > trade.captured)
        throw new GatewayRefusal(400, 'INVALID_REQUEST', '累计退款金额大于支付金额')
      const refund: Refund = {
        request,
        refundId: `5030${randomInt(2 ** 47)}`,
        trade,
        createdAt: now(),
        notices: { sent: 0, acked: 0, forged: 0 },
        status: 'PROCESSING',
      }
      refunds.set(request.out_refund_no, refund)
      trade.refunding += amount
      trade.state = 'REFUND'
      const timer = setTimeout(() => {
        timers.delete(timer)
        settle(refund, end)
        ended(refund)
      }, delayMs)
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
})

/** 查询单笔退款: the refund on the wire. */
export const refundJson = (refund: Refund) => ({
  ...numbers(refund),
  channel: 'ORIGINAL',
  status: refund.status,
  create_time: new Date(refund.createdAt).toISOString(),
  amount: {
    ...refund.request.amount,
    payer_total: refund.request.amount.total,
    payer_refund: refund.request.amount.refund,
  },
})

/** 退款结果通知: what its notification carries; the state has another name there. */
export const refundNoticeJson = (refund: Refund) => ({
  mchid: refund.trade.request.mchid,
  ...numbers(refund),
  refund_status: refund.status,
  amount: {
    total: refund.request.amount.total,
    refund: refund.request.amount.refund,
    payer_total: refund.request.amount.total,
    payer_refund: refund.request.amount.refund,
  },
})
