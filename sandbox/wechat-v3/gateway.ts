import type { Hono } from 'hono'
import type { Gateway } from '../gateway.ts'
import { ledgerOf } from '../ledger.ts'
import type { Clockwork } from '../server.ts'
import type { Switchboard } from '../switches.ts'
import { billBook } from './bills.ts'
import { buyer as buyerOf, notices } from './buyer.ts'
import { notifier } from './notifier.ts'
import { type Refund, refundBook } from './refunds.ts'
import { merchantRoutes } from './routes.ts'
import { merchantVerifier, platformKeys } from './signature.ts'
import { type Trade, tradeBook } from './trades.ts'

export type WechatV3Sandbox = {
  mchId: string
  appId: string
  merchantSerial: string
  /** PEM: what merchants' requests are verified with. */
  merchantPublicKey: string
  /** What `Wechatpay-Serial` says: a certificate's serial or `PUB_KEY_ID_…`. */
  platformKeyId: string
  /** PEM: signs answers and notifications. */
  platformPrivateKey: string
  /** Another key of the platform, while its keys rotate. */
  secondPlatformKey?: { id: string; privateKey: string } | undefined
  /** APIv3 密钥, 32 characters: encrypts notifications. */
  apiKey: string
}

/** WeChat Pay v3, under `/v3`. */
export function wechatV3Gateway(config: WechatV3Sandbox, switches: Switchboard, { now, pauseFactor, silenceMs, refundMs }: Clockwork): Gateway {
  const { mchId, merchantSerial: serial, merchantPublicKey: publicKeyPem } = config
  const first = { id: config.platformKeyId, privateKey: config.platformPrivateKey }
  const { headers } = platformKeys(first, config.secondPlatformKey, () => switches.get('secondKey') ?? false, now)
  const trades = tradeBook(config, now)
  const refunds = refundBook(trades, refundMs, now)
  const notify = notifier({ headers, apiKey: config.apiKey, pauseFactor, silenceMs })
  const buyer = buyerOf(trades, switches, { ...notices, ...notify })
  const bills = billBook(config, trades, refunds, switches)
  const mistrusts = merchantVerifier({ mchId, serial, publicKeyPem }, now)
  return {
    path: '/v3',
    // Its own routes know the socket; who mounts them need not.
    routes: merchantRoutes({ mchId, headers, mistrusts, trades, refunds, bills, switches, buyer, notify }) as unknown as Hono,
    has: trades.has,
    show(outTradeNo) {
      const { state, captured, request, transactionId, failures } = trades.find(outTradeNo)
      return { state, captured, transactionId, failures, amount: BigInt(request.amount.total), description: request.description }
    },
    pay: buyer.pay,
    fail: (outTradeNo) => void buyer.fail(outTradeNo),
    close: trades.close,
    forge: buyer.forge,
    ledger: () => ledgerOf(trades.all().map(tradeRow), refunds.all().map(refundRow)),
    stop() {
      notify.stop()
      refunds.stop()
    },
  }
}

/** A trade, as audits add it up. */
export const tradeRow = (trade: Trade) => ({
  outTradeNo: trade.request.out_trade_no,
  state: trade.state,
  amount: String(trade.request.amount.total),
  captured: trade.captured.toString(),
  refunded: trade.refunded.toString(),
  refunding: trade.refunding.toString(),
  transactionId: trade.transactionId ?? null,
  failures: trade.failures,
  notifications: { ...trade.notices },
})

export const refundRow = (refund: Refund) => ({
  outRefundNo: refund.request.out_refund_no,
  outTradeNo: refund.trade.request.out_trade_no,
  amount: String(refund.request.amount.refund),
  status: refund.status,
  notifications: { ...refund.notices },
})
