import type { Hono } from 'hono'
import type { Clockwork } from '../clockwork.ts'
import type { Gateway } from '../gateway.ts'
import { ledgerOf } from '../ledger.ts'
import type { Switchboard } from '../switches.ts'
import { billBook } from './bills.ts'
import { buyer as buyerOf } from './buyer.ts'
import { notifier } from './notifier.ts'
import { type Refund, refundBook } from './refunds.ts'
import { merchantRoutes } from './routes.ts'
import { merchantVerifier, platform as platformOf } from './signature.ts'
import { fenOf, type Trade, tradeBook } from './trades.ts'

export type AlipaySandbox = {
  appId: string
  /** 商户 PID: who receives the money. */
  sellerId: string
  /** PEM: what the application's requests are verified with. */
  merchantPublicKey: string
  /** PEM: signs answers and notifications. */
  platformPrivateKey: string
}

/** Alipay, at `/gateway.do`. */
export function alipayGateway(
  config: AlipaySandbox,
  switches: Switchboard,
  { now, pauseFactor, silenceMs }: Clockwork,
): Gateway {
  const { appId, sellerId } = config
  const platform = platformOf(config.platformPrivateKey)
  const trades = tradeBook(now)
  const refunds = refundBook(trades, now)
  const bills = billBook(sellerId, trades, refunds)
  const notify = notifier({ account: { appId, sellerId }, platform, pauseFactor, silenceMs, now })
  const buyer = buyerOf(trades, switches, notify)
  const rejectionOf = merchantVerifier({ appId, publicKeyPem: config.merchantPublicKey }, now)
  return {
    path: '/gateway.do',
    // Its own routes know the socket; who mounts them need not.
    routes: merchantRoutes({
      platform,
      rejectionOf,
      trades,
      refunds,
      bills,
      switches,
      buyer,
      notify,
    }) as unknown as Hono,
    has: trades.has,
    show(outTradeNo) {
      const { state, captured, request, tradeNo, failures } = trades.seen(outTradeNo)
      return {
        state,
        captured,
        transactionId: tradeNo,
        failures,
        amount: fenOf(request.total_amount),
        description: request.subject,
      }
    },
    pay: buyer.pay,
    fail: buyer.fail,
    close: trades.timeOut,
    forge: buyer.forge,
    ledger: () => ledgerOf(trades.all().map(tradeRow), refunds.all().map(refundRow)),
    stop: notify.stop,
  }
}

const tradeRow = (trade: Trade) => ({
  outTradeNo: trade.request.out_trade_no,
  state: trade.state,
  amount: fenOf(trade.request.total_amount).toString(),
  captured: trade.captured.toString(),
  refunded: trade.refunded.toString(),
  refunding: '0', // Alipay moves at once what it moves.
  transactionId: trade.tradeNo ?? null,
  failures: trade.failures,
  notifications: { ...trade.notices },
})

const refundRow = (refund: Refund) => ({
  outRefundNo: refund.number,
  outTradeNo: refund.trade.request.out_trade_no,
  amount: fenOf(refund.request.refund_amount).toString(),
  status: refund.moved ? 'SUCCESS' : 'NOT_MOVED',
  notifications: { ...refund.notices },
})
