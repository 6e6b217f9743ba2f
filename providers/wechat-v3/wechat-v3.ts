import type { AttemptNumber, RefundNumber } from '../../domain/ids.ts'
import type { OpenRequest, PaymentProvider, RefundRequest } from '../provider.ts'
import { wechatRules } from '../wechat-rules.ts'
import { v3Client } from './client.ts'
import { checked, type WechatV3Config } from './config.ts'
import { openTrade } from './creation.ts'
import { notificationReader } from './notification.ts'
import { askRefund, makeRefund } from './refund.ts'
import { v3Statements } from './statements.ts'
import { askTrade, closeTrade } from './trade.ts'

export type { WechatV3Config }

/**
 * WeChat Pay v3: the buyer scans a QR text (Native), pays inside WeChat (JSAPI), or goes there from a phone's
 * browser (H5). Only what WeChat has signed settles anything: time-outs, broken connections, 5xx and answers
 * whose signature does not fit are `unknown`.
 *
 * @throws {Error} when the configuration can't work, naming every wrong field and its remedy
 * @see 如何签名和验签 https://pay.weixin.qq.com/doc/v3/merchant/4012365342
 * @example
 * const baseUrl = 'https://api.mch.weixin.qq.com'
 * const wechat = wechatV3({ baseUrl, mchId, appId, serial, privateKey, platformKeys, apiKey, notifyUrl })
 */
export function wechatV3(config: WechatV3Config) {
  const merchant = checked(config)
  const { timeoutMs } = merchant
  const call = v3Client(merchant)
  const operation = () => ({ call, merchant, until: AbortSignal.timeout(timeoutMs) })

  return {
    name: 'wechat-v3',
    channels: { 'wechat-v3': 'native', 'wechat-v3-jsapi': 'jsapi', 'wechat-v3-h5': 'h5' },
    timeoutMs,
    ...wechatRules,
    open: (request: OpenRequest) => openTrade(operation(), request),
    query: (attempt: AttemptNumber, creation: 'in_flight' | 'settled') =>
      askTrade(operation(), { attempt, creation }),
    close: (attempt: AttemptNumber, creation: 'in_flight' | 'settled') =>
      closeTrade(operation(), { attempt, creation }),
    refund: (request: RefundRequest) => makeRefund(operation(), request),
    queryRefund: (refund: RefundNumber) => askRefund(operation(), refund),
    callbacks: {
      path: new URL(merchant.notifyUrl).pathname,
      read: notificationReader(merchant),
      // 支付成功回调通知: 200 or 204 without a body is taken as received; after anything else it comes again.
      answers: {
        stored: { status: 204 },
        refused: { status: 401, type: 'application/json', body: failure('not believed') },
        later: { status: 500, type: 'application/json', body: failure('try again') },
      },
    },
    statements: v3Statements(call, merchant),
  } satisfies PaymentProvider
}

const failure = (message: string): string => JSON.stringify({ code: 'FAIL', message })
