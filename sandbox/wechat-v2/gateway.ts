import type { Hono } from 'hono'
import type { Clockwork } from '../clockwork.ts'
import type { Gateway } from '../gateway.ts'
import type { Switchboard } from '../switches.ts'
import { billBook } from '../wechat-v3/bills.ts'
import { buyer as buyerOf } from '../wechat-v3/buyer.ts'
import { buyerSideOf } from '../wechat-v3/buyer-side.ts'
import { refundBook } from '../wechat-v3/refunds.ts'
import { type Trade, tradeBook } from '../wechat-v3/trades.ts'
import type { WechatV2Sandbox } from './merchant.ts'
import { notifier, paymentNotice } from './notices.ts'
import { type Made, merchantRoutes } from './routes.ts'

/**
 * WeChat Pay v2, under `/pay` and `/secapi/pay`, with the same books as v3 has and in other words. Over http,
 * so nobody asks for the merchant's certificate.
 */
export function wechatV2Gateway(
  config: WechatV2Sandbox,
  switches: Switchboard,
  { now, pauseFactor, silenceMs, refundMs, refundGapMs }: Clockwork,
): Gateway {
  const trades = tradeBook(config, now)
  const refunds = refundBook(trades, { refundMs, refundGapMs, now })
  const made = new Map<string, Made>()
  const notify = notifier(config, { pauseFactor, silenceMs })
  const notice = (trade: Trade) =>
    paymentNotice(config, trade, made.get(trade.request.out_trade_no)?.signType ?? 'MD5')
  const buyer = buyerOf(trades, switches, { paid: notice, claimed: notice, ...notify })
  return {
    path: '/',
    // Its own routes know the socket; who mounts them need not.
    routes: merchantRoutes({
      merchant: config,
      trades,
      refunds,
      bills: billBook({ merchant: config, trades, refunds, switches }),
      made,
      switches,
      buyer,
      notify,
      now,
    }) as unknown as Hono,
    ...buyerSideOf({ trades, refunds, buyer, notify }),
  }
}
