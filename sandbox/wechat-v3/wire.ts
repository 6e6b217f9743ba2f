import type { Refund } from '../wechat/refunds.ts'
import type { Trade } from '../wechat/trades.ts'

const rfc3339 = (ms: number): string => `${new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`

/** 商户订单号查询订单: the trade on the wire, with the payer's openid as WeChat sends it. A notification carries the same. */
export function transactionJson(trade: Trade, state: string = trade.state) {
  const { appid, mchid, out_trade_no, amount } = trade.request
  const total = trade.paidAt === undefined ? amount.total : Number(trade.captured)
  const paid = trade.paidAt !== undefined && {
    transaction_id: trade.transactionId,
    trade_type: 'NATIVE',
    bank_type: 'OTHERS',
    success_time: rfc3339(trade.paidAt),
    payer: { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' },
  }
  return {
    ...{ appid, mchid, out_trade_no, trade_state: state, trade_state_desc: state, attach: trade.request.attach ?? '' },
    ...paid,
    amount: { total, payer_total: total, currency: 'CNY', payer_currency: 'CNY' },
  }
}

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
  amount: { ...refund.request.amount, payer_total: refund.request.amount.total, payer_refund: refund.request.amount.refund },
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
