import type { RefundRules } from './provider.ts'

/**
 * What WeChat documents about the times of trades and refunds, in v3 and v2 alike. time_expire: at least a
 * minute from now. 一笔订单最多支持50次 部分退款, a minute between two of them; 交易时间超过一年的订单无法提交退款.
 *
 * @see 退款申请 https://pay.weixin.qq.com/doc/v3/merchant/4013071036
 */
export const wechatRules: { shortestExpiryMs: number; refundRules: RefundRules } = {
  shortestExpiryMs: 60_000,
  refundRules: { pauseMs: 60_000, most: 50, withinMs: 365 * 86_400_000 },
}
