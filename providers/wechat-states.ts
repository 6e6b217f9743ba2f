import type { Meaning } from './meaning.ts'

/** What trade_state means, in v3 and v2 alike (查询订单). */
export const wechatTradeStates = {
  SUCCESS: 'paid',
  /**
   * 转入退款. The query doesn't say how much went back, so this is closed as for a trade refunded in full: our own refunds of money that
   * was never resolved (late, double, wrong) are always whole. A part refunded by hand in WeChat's console before we knew of the payment
   * can't be told from it here; the day's statement can.
   */
  REFUND: 'closed',
  /** Also after a close: not seen to be closed yet, so asked again. */
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

/** 退款申请, 错误码, of both protocols. USER_ACCOUNT_ABNORMAL is final: the buyer's account is gone, the shop pays back another way. All others are asked again. */
export const wechatRefundErrors = { USER_ACCOUNT_ABNORMAL: 'abnormal' } as const
