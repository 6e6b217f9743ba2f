import { entryOf, type Meaning } from './meaning.ts'
import type { RefundState } from './provider.ts'
import { wechatRules } from './wechat-rules.ts'

/**
 * What trade_state means, in v3 and v2 alike.
 * @see 商户订单号查询订单 https://pay.weixin.qq.com/doc/v3/merchant/4012791880
 */
export const wechatTradeStates = {
  SUCCESS: 'paid',
  /**
   * 转入退款. The query doesn't say how much went back, so this is closed as for a trade refunded in full: our
   * own refunds of money that was never resolved (late, double, wrong) are always whole. A part refunded by
   * hand in WeChat's console before we knew of the payment can't be distinguished from it here; the day's statement
   * can.
   */
  REFUND: 'closed',
  /** Also past `time_expire`, until it is closed, and just after a close: asked again. */
  NOTPAY: 'unknown',
  CLOSED: 'closed',
  /** 已撤销 (payment codes only): undone, the money is back. */
  REVOKED: 'closed',
  USERPAYING: 'unknown',
  /** 支付失败: that payment failed, and the buyer may try again until the trade is closed. */
  PAYERROR: 'unknown',
  /** 已接收，等待扣款 */
  ACCEPT: 'unknown',
} as const satisfies Record<string, Meaning>

/**
 * 退款申请, 错误码, of both protocols, that are final: the buyer's account is gone (USER_ACCOUNT_ABNORMAL), or the
 * payment is more than a year old (TRADE_OVERDUE). The shop pays back another way. After all others the
 * refund is requested again.
 */
const refundErrors = { USER_ACCOUNT_ABNORMAL: 'abnormal', TRADE_OVERDUE: 'abnormal' } as const

/** 同一笔订单多次退款的请求需相隔1分钟 (退款申请): these codes say that it was too early. */
const tooEarly = new Set(['FREQUENCY_LIMITED', 'RATELIMIT_EXCEEDED', 'INVALID_REQ_TOO_MUCH'])

/**
 * What a refusal of a refund means.
 * @see 退款申请 https://pay.weixin.qq.com/doc/v3/merchant/4013071036
 */
export const wechatRefundErrorOf = ({
  code,
  message,
}: {
  code: string
  message: string | undefined
}): RefundState => ({
  is: entryOf<RefundState['is']>(refundErrors, code) ?? 'unknown',
  code,
  message,
  ...(tooEarly.has(code) && { retryAfterS: wechatRules.refundRules.pauseMs / 1000 }),
})
