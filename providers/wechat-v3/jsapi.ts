import { Formatter, Rsa } from 'wechatpay-axios-plugin'
import type { OpenAnswer } from '../../domain/payment.ts'
import type { Merchant } from './config.ts'

/**
 * What a page inside WeChat passes to `WeixinJSBridge` so that the buyer can pay a trade: `paySign` is
 * SHA256-RSA with the merchant's key over app, time stamp, nonce and package, each line ended by a line feed,
 * the last one too.
 *
 * @see JSAPI调起支付 https://pay.weixin.qq.com/doc/v3/merchant/4012791857
 */
export function jsapiAnswer(
  { appId, privateKey, now }: Merchant,
  prepayId: string,
): Extract<OpenAnswer, { kind: 'jsapi' }> {
  const timeStamp = Math.floor(now() / 1000).toString()
  const nonceStr = Formatter.nonce()
  const pack = `prepay_id=${prepayId}`
  const paySign = Rsa.sign(Formatter.joinedByLineFeed(appId, timeStamp, nonceStr, pack), privateKey)
  return { kind: 'jsapi', appId, timeStamp, nonceStr, package: pack, signType: 'RSA', paySign }
}
