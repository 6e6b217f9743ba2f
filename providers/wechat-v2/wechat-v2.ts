import type { AttemptNumber, RefundNumber } from '../../domain/ids.ts'
import type { OpenRequest, PaymentProvider, RefundRequest } from '../provider.ts'
import { wechatRules } from '../wechat-rules.ts'
import { v2Client } from './client.ts'
import { checked, type WechatV2Config } from './config.ts'
import { openTrade } from './native.ts'
import { notificationReader } from './notification.ts'
import { askRefund, makeRefund } from './refund.ts'
import { v2Statements } from './statements.ts'
import { askTrade, closeTrade } from './trade.ts'

export type { WechatV2Config }

/**
 * WeChat Pay v2, Native: the buyer scans a QR text. Only what WeChat has signed settles anything: time-outs,
 * broken connections, 5xx and answers whose sign does not fit are `unknown`.
 *
 * @throws {Error} when the configuration can't work, naming every wrong field and its remedy
 * @see Native支付 https://pay.weixin.qq.com/wiki/doc/api/native.php?chapter=6_1
 * @example
 * const baseUrl = 'https://api.mch.weixin.qq.com'
 * const wechat = wechatV2({ baseUrl, mchId, appId, key, certificate: { cert, key: certKey }, notifyUrl })
 */
export function wechatV2(config: WechatV2Config) {
  const merchant = checked(config)
  const { timeoutMs } = merchant
  const { call, download } = v2Client(merchant)
  const operation = () => ({ call, merchant, until: AbortSignal.timeout(timeoutMs) })

  return {
    name: 'wechat-v2',
    channels: { 'wechat-v2': 'native' },
    timeoutMs,
    ...wechatRules,
    open: (request: OpenRequest) => openTrade(operation(), request),
    query: (attempt: AttemptNumber, creation: 'in_flight' | 'settled') =>
      askTrade(operation(), { attempt, creation }),
    close: (attempt: AttemptNumber, creation: 'in_flight' | 'settled') =>
      closeTrade(operation(), { attempt, creation }),
    refund: (request: RefundRequest) => makeRefund(operation(), request),
    queryRefund: (refund: RefundNumber, of: Pick<RefundRequest, 'attempt'>) =>
      askRefund(operation(), refund, of),
    callbacks: {
      path: new URL(merchant.notifyUrl).pathname,
      read: notificationReader(merchant),
      // 支付结果通知: WeChat posts again until the answer's return_code is SUCCESS.
      answers: {
        stored: acknowledgement('SUCCESS', 'OK'),
        refused: acknowledgement('FAIL', 'not believed'),
        later: acknowledgement('FAIL', 'try again'),
      },
    },
    statements: v2Statements(download, merchant),
  } satisfies PaymentProvider
}

const acknowledgement = (code: 'SUCCESS' | 'FAIL', message: string) => ({
  status: 200 as const,
  type: 'text/xml' as const,
  body:
    `<xml><return_code><![CDATA[${code}]]></return_code>` +
    `<return_msg><![CDATA[${message}]]></return_msg></xml>`,
})
