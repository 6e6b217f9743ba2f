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
 * WeChat Pay v2, Native: the buyer scans a QR text. Throws at once when the configuration can't work, naming the field and the remedy.
 * Nothing but WeChat's signed word settles anything: time-outs, broken connections, 5xx and answers that don't verify are `unknown`.
 *
 * @example
 * const wechat = wechatV2({ baseUrl: 'https://api.mch.weixin.qq.com', mchId, appId, key, certificate: { cert, key: certKey }, notifyUrl })
 */
export function wechatV2(config: WechatV2Config) {
  const merchant = checked(config)
  const { timeoutMs } = merchant
  const { call, download } = v2Client(merchant)
  const deadline = () => AbortSignal.timeout(timeoutMs)

  return {
    name: 'wechat-v2',
    channels: { 'wechat-v2': 'native' },
    timeoutMs,
    ...wechatRules,
    open: (request: OpenRequest) => openTrade(call, merchant, request, deadline()),
    query: (attempt: AttemptNumber, creation: 'in_flight' | 'settled') =>
      askTrade(call, attempt, creation, deadline()),
    close: (attempt: AttemptNumber, creation: 'in_flight' | 'settled') =>
      closeTrade(call, merchant, attempt, creation, deadline()),
    refund: (request: RefundRequest) => makeRefund(call, merchant, request, deadline()),
    queryRefund: (refund: RefundNumber, of: Pick<RefundRequest, 'attempt'>) =>
      askRefund(call, refund, of, deadline()),
    callbacks: {
      path: new URL(merchant.notifyUrl).pathname,
      read: notificationReader(merchant),
      // 支付结果通知: it reads the answer's return_code, and posts again until that is SUCCESS.
      answers: {
        stored: words('SUCCESS', 'OK'),
        refused: words('FAIL', 'not believed'),
        later: words('FAIL', 'try again'),
      },
    },
    statements: v2Statements(download, merchant),
  } satisfies PaymentProvider
}

const words = (code: 'SUCCESS' | 'FAIL', message: string) => ({
  status: 200 as const,
  type: 'text/xml' as const,
  body: `<xml><return_code><![CDATA[${code}]]></return_code><return_msg><![CDATA[${message}]]></return_msg></xml>`,
})
