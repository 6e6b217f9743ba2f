import * as z from 'zod'
import { inBeijing } from '../clock.ts'
import { type Creation, creationSchemas } from '../wechat-v3/creation.ts'
import type { Refund, RefundRequest } from '../wechat-v3/refunds.ts'
import { refundSchema } from '../wechat-v3/refunds.ts'
import type { Trade } from '../wechat-v3/trades.ts'
import { type Fields, nonce, xmlOf } from './xml.ts'

/** yyyyMMddHHmmss */
const compact = (ms: number): string => inBeijing(ms).replace(/\D/g, '')

const whole = z.string().regex(/^[1-9]\d{0,9}$/)
const orderSchema = z.object({
  trade_type: z.literal('NATIVE'),
  product_id: z.string().min(1).max(32),
  spbill_create_ip: z.union([z.ipv4(), z.ipv6()]),
  body: z.string().refine((text) => Buffer.byteLength(text) <= 127),
  total_fee: whole,
  fee_type: z.literal('CNY').optional(),
  time_expire: z
    .string()
    .regex(/^\d{14}$/)
    .optional(),
})

/** 统一下单, as WeChat keeps it. Throws what zod says when a parameter is missing or wrong. */
export function orderOf(fields: Fields): Creation {
  const { appid, mch_id, out_trade_no, attach, notify_url, goods_tag } = fields
  const { body, total_fee, time_expire } = orderSchema.parse(fields)
  return creationSchemas.native.parse({
    ...{ appid, mchid: mch_id, description: body, out_trade_no, attach, notify_url, goods_tag },
    time_expire: time_expire?.replace(/^(....)(..)(..)(..)(..)(..)$/, '$1-$2-$3T$4:$5:$6+08:00'),
    amount: { total: Number(total_fee), currency: 'CNY' },
  })
}

/** 申请退款, as WeChat keeps it. Throws what zod says when a parameter is missing or wrong. */
export function refundOf(fields: Fields): RefundRequest {
  const { transaction_id, out_trade_no, out_refund_no, notify_url } = fields
  const { total_fee, refund_fee } = z.object({ total_fee: whole, refund_fee: whole }).parse(fields)
  const amount = { refund: Number(refund_fee), total: Number(total_fee), currency: 'CNY' }
  return refundSchema.parse({ transaction_id, out_trade_no, out_refund_no, notify_url, amount })
}

/** 查询订单: the trade on the wire, with the payer's openid as WeChat sends it. */
export const tradeFields = (trade: Trade, state: string = trade.state): Fields => ({
  out_trade_no: trade.request.out_trade_no,
  attach: trade.request.attach ?? '',
  trade_state: state,
  trade_state_desc: state,
  ...(trade.paidAt !== undefined && paidFields(trade, trade.paidAt)),
})

/** 支付结果通知; of a trade that nobody paid when it is a claim. */
export const paymentFields = (trade: Trade): Fields => ({
  out_trade_no: trade.request.out_trade_no,
  attach: trade.request.attach ?? '',
  ...paidFields(trade, trade.paidAt ?? Date.now()),
})

function paidFields(trade: Trade, paidAt: number): Fields {
  const total = (trade.paidAt === undefined ? trade.request.amount.total : trade.captured).toString()
  return {
    ...{
      trade_type: 'NATIVE',
      openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
      is_subscribe: 'N',
      bank_type: 'OTHERS',
    },
    ...{ total_fee: total, fee_type: 'CNY', cash_fee: total, cash_fee_type: 'CNY' },
    transaction_id: trade.transactionId ?? '4200000000000000000000000000',
    time_end: compact(paidAt),
  }
}

const endings = {
  PROCESSING: 'PROCESSING',
  SUCCESS: 'SUCCESS',
  CLOSED: 'REFUNDCLOSE',
  ABNORMAL: 'CHANGE',
} as const

const numbers = ({ trade, request: { amount } }: Refund): Fields => ({
  transaction_id: trade.transactionId ?? '',
  out_trade_no: trade.request.out_trade_no,
  total_fee: String(amount.total),
})

/** 申请退款: what is answered when it was taken. */
export const refundTakenFields = (refund: Refund): Fields => ({
  ...numbers(refund),
  out_refund_no: refund.request.out_refund_no,
  refund_id: refund.refundId,
  refund_fee: String(refund.request.amount.refund),
  cash_fee: String(refund.request.amount.total),
})

/** 查询退款 answers with at most this many refunds at a time. */
const mostAtOnce = 10

/** 查询退款: refunds of one trade, from the one at `offset` on. */
export function refundsFields(refunds: readonly [Refund, ...Refund[]], offset: number): Fields {
  const page = refunds.slice(offset, offset + mostAtOnce)
  return {
    ...numbers(refunds[0]),
    total_refund_count: String(refunds.length),
    refund_count: String(page.length),
    ...Object.assign({}, ...page.map(numberedFields)),
  }
}

const numberedFields = (refund: Refund, n: number): Fields => ({
  [`out_refund_no_${n}`]: refund.request.out_refund_no,
  [`refund_id_${n}`]: refund.refundId,
  [`refund_channel_${n}`]: 'ORIGINAL',
  [`refund_fee_${n}`]: String(refund.request.amount.refund),
  [`refund_status_${n}`]: endings[refund.status],
  [`refund_recv_accout_${n}`]: '支付用户零钱', // WeChat's own spelling.
  ...(refund.status === 'SUCCESS' && { [`refund_success_time_${n}`]: successTime(refund) }),
})

/** `2026-03-01 10:00:00` */
const successTime = ({ endedAt, createdAt }: Refund): string =>
  inBeijing(endedAt ?? createdAt).replace('T', ' ')

/** 退款结果通知: what `req_info` seals. */
export const refundNoticeXml = (refund: Refund): string =>
  xmlOf(
    {
      ...refundTakenFields(refund),
      settlement_refund_fee: String(refund.request.amount.refund),
      refund_status: endings[refund.status],
      ...(refund.status === 'SUCCESS' && { success_time: successTime(refund) }),
      refund_recv_accout: '支付用户零钱', // WeChat's own spelling.
      refund_account: 'REFUND_SOURCE_RECHARGE_FUNDS',
      refund_request_source: 'API',
    },
    'root',
  )

/** What every document of WeChat's begins with. */
export const heading = (merchant: { mchId: string; appId: string }): Fields => ({
  return_code: 'SUCCESS',
  return_msg: 'OK',
  appid: merchant.appId,
  mch_id: merchant.mchId,
  nonce_str: nonce(),
})
