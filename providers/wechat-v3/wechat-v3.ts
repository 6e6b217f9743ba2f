import type { AttemptNumber, RefundNumber } from '../../domain/ids.ts'
import type { OpenRequest, PaymentProvider, RefundRequest } from '../provider.ts'
import { wechatRules } from '../wechat-rules.ts'
import { v3Client } from './client.ts'
import { checked, type WechatV3Config } from './config.ts'
import { openTrade } from './creation.ts'
import { notificationReader } from './notification.ts'
import { askRefund, makeRefund } from './refund.ts'
import { v3Statements } from './statements.ts'
import { askTrade } from './trade.ts'

export type { WechatV3Config }

/**
 * WeChat Pay v3: the buyer scans a QR text (Native), pays inside WeChat (JSAPI), or goes there from a phone's browser (H5). Throws at once
 * when the configuration can't work, naming the field and the remedy.
 * Nothing but WeChat's signed word settles anything: time-outs, broken connections, 5xx and answers that don't verify are `unknown`.
 *
 * @example
 * const wechat = wechatV3({ baseUrl: 'https://api.mch.weixin.qq.com', mchId, appId, serial, privateKey, platformKeys, apiKey, notifyUrl })
 */
export function wechatV3(config: WechatV3Config) {
  const merchant = checked(config)
  const { timeoutMs } = merchant
  const call = v3Client(merchant)
  const deadline = (ms = timeoutMs) => AbortSignal.timeout(ms)

  return {
    name: 'wechat-v3',
    channels: { 'wechat-v3': 'native', 'wechat-v3-jsapi': 'jsapi', 'wechat-v3-h5': 'h5' },
    timeoutMs,
    ...wechatRules,
    open: (request: OpenRequest) => openTrade(call, merchant, request, deadline()),
    query: (attempt: AttemptNumber, creation: 'in_flight' | 'settled') =>
      askTrade(call, merchant, attempt, creation, deadline()),
    async close(attempt: AttemptNumber, creation: 'in_flight' | 'settled') {
      const until = deadline()
      const half = AbortSignal.any([until, deadline(timeoutMs / 2)])
      // Whatever closing answers (204, paid, closed before, no such trade, nothing at all): what asking finds is the result.
      await call(
        'POST',
        `/v3/pay/transactions/out-trade-no/${encodeURIComponent(attempt)}/close`,
        { mchid: merchant.mchId },
        half,
      )
      return askTrade(call, merchant, attempt, creation, until)
    },
    refund: (request: RefundRequest) => makeRefund(call, merchant, request, deadline()),
    queryRefund: (refund: RefundNumber) => askRefund(call, refund, deadline()),
    callbacks: {
      path: new URL(merchant.notifyUrl).pathname,
      read: notificationReader(merchant),
      // 支付成功通知: 200 or 204 without a body is taken as received, anything else comes again.
      answers: {
        stored: { status: 204 },
        refused: {
          status: 401,
          type: 'application/json',
          body: JSON.stringify({ code: 'FAIL', message: 'not believed' }),
        },
        later: {
          status: 500,
          type: 'application/json',
          body: JSON.stringify({ code: 'FAIL', message: 'try again' }),
        },
      },
    },
    statements: v3Statements(call, merchant),
  } satisfies PaymentProvider
}
