import type { AttemptNumber, RefundNumber } from '../../domain/ids.ts'
import type { OpenRequest, PaymentProvider, RefundRequest } from '../provider.ts'
import { alipayClient } from './client.ts'
import { type AlipayConfig, checked } from './config.ts'
import { openPage, openQr } from './creation.ts'
import { notificationReader } from './notification.ts'
import { askRefund, makeRefund } from './refund.ts'
import { alipayStatements } from './statements.ts'
import { askTrade, whenClosing, whileWaiting } from './trade.ts'

export type { AlipayConfig }

/**
 * Alipay: the buyer pays on Alipay's own page (`page`), or scans a QR text (`qr`). Only what Alipay has
 * signed settles anything: time-outs, broken connections and answers whose signature does not fit are
 * `unknown`.
 *
 * @throws {Error} when the configuration can't work, naming every wrong field and its remedy
 * @see 开放平台文档 https://opendocs.alipay.com/open/270
 * @example
 * const gateway = 'https://openapi.alipay.com/gateway.do'
 * const provider = alipay({ gateway, appId, sellerId, privateKey, publicKey, notifyUrl })
 */
export function alipay(config: AlipayConfig) {
  const merchant = checked(config)
  const { timeoutMs } = merchant
  const client = alipayClient(merchant)
  const operation = () => ({ client, merchant, until: AbortSignal.timeout(timeoutMs) })

  return {
    name: 'alipay',
    channels: { alipay: 'page', 'alipay-qr': 'qr' },
    timeoutMs,
    refundRules: { pauseMs: 3000 }, // alipay.trade.refund: 同一笔交易的退款至少间隔3s
    open: async (request: OpenRequest) =>
      request.product === 'page' ? openPage(client, request) : openQr(operation(), request),
    query: async (attempt: AttemptNumber) => whileWaiting(await askTrade(operation(), attempt)),
    async close(attempt: AttemptNumber, creation: 'in_flight' | 'settled') {
      const closing = operation()
      const half = AbortSignal.any([closing.until, AbortSignal.timeout(timeoutMs / 2)])
      // Whatever closing answers (done, paid, closed before, no such trade, nothing): what asking finds is
      // the result.
      await client.call('alipay.trade.close', { out_trade_no: attempt }, half)
      return whenClosing(await askTrade(closing, attempt), creation)
    },
    refund: (request: RefundRequest) => makeRefund(operation(), request),
    queryRefund: (refund: RefundNumber, of: Pick<RefundRequest, 'attempt' | 'transaction'>) =>
      askRefund(operation(), refund, of),
    callbacks: {
      path: new URL(merchant.notifyUrl).pathname,
      read: notificationReader(merchant),
      // 异步通知说明: exactly `success` is taken as received; after anything else it comes again.
      answers: {
        stored: { status: 200, type: 'text/plain', body: 'success' },
        refused: { status: 200, type: 'text/plain', body: 'fail' },
        later: { status: 200, type: 'text/plain', body: 'fail' },
      },
    },
    statements: alipayStatements(client, merchant),
  } satisfies PaymentProvider
}
