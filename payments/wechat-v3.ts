import type { PaymentProvider } from './provider.ts'
import { v3Client } from './wechat-v3/client.ts'
import { checked, type WechatV3Config } from './wechat-v3/config.ts'
import { openTrade } from './wechat-v3/native.ts'
import { notificationReader } from './wechat-v3/notification.ts'
import { askRefund, makeRefund } from './wechat-v3/refund.ts'
import { askTrade } from './wechat-v3/trade.ts'

export type { WechatV3Config }

/**
 * WeChat Pay v3, Native: the buyer scans a QR text. Throws at once when the configuration can't work, naming the field and the remedy.
 * Nothing but WeChat's signed word settles anything: time-outs, broken connections, 5xx and answers that don't verify are `unknown`.
 *
 * @example
 * const wechat = wechatV3({ baseUrl: 'https://api.mch.weixin.qq.com', mchId, appId, serial, privateKey, platformKeys, apiKey, notifyUrl })
 */
export function wechatV3(config: WechatV3Config): PaymentProvider {
  const merchant = checked(config)
  const { timeoutMs } = merchant
  const call = v3Client(merchant)
  const deadline = (ms = timeoutMs) => AbortSignal.timeout(ms)

  return {
    name: 'wechat-v3',
    timeoutMs,
    open: (request) => openTrade(call, merchant, request, deadline()),
    query: (attempt, creation) => askTrade(call, merchant, attempt, creation, deadline()),
    async close(attempt, creation) {
      const until = deadline()
      const half = AbortSignal.any([until, deadline(timeoutMs / 2)])
      // Whatever closing answers (204, paid, closed before, no such trade, nothing at all): what asking finds is the result.
      await call('POST', `/v3/pay/transactions/out-trade-no/${encodeURIComponent(attempt)}/close`, { mchid: merchant.mchId }, half)
      return askTrade(call, merchant, attempt, creation, until)
    },
    refund: (request) => makeRefund(call, merchant, request, deadline()),
    queryRefund: (refund) => askRefund(call, refund, deadline()),
    parse: notificationReader(merchant),
  }
}
