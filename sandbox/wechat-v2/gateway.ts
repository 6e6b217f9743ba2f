import type { Hono } from 'hono'
import type { Gateway } from '../gateway.ts'
import { ledgerOf } from '../ledger.ts'
import { postman } from '../postman.ts'
import type { Clockwork } from '../server.ts'
import type { Switchboard } from '../switches.ts'
import { buyer as buyerOf } from '../wechat/buyer.ts'
import { refundRow, tradeRow } from '../wechat/ledger.ts'
import { pauses } from '../wechat/pauses.ts'
import { refundBook } from '../wechat/refunds.ts'
import { type Trade, tradeBook } from '../wechat/trades.ts'
import { noticeWriter, telling } from './notices.ts'
import { merchantRoutes } from './routes.ts'
import type { SignType } from './signature.ts'
import { fieldsOf } from './xml.ts'

export type WechatV2Sandbox = {
  mchId: string
  appId: string
  /** API密钥 (v2), 32 characters: signs requests, answers and notifications, and encrypts refund notices. */
  key: string
}

/** WeChat Pay v2, under `/pay` and `/secapi/pay`: over http, so nobody asks for the merchant's certificate. */
export function wechatV2Gateway(config: WechatV2Sandbox, switches: Switchboard, { now, pauseFactor, silenceMs, refundMs }: Clockwork): Gateway {
  const trades = tradeBook(config, now)
  const refunds = refundBook(trades, refundMs, now)
  const signTypes = new Map<string, SignType>()
  const signTypeOf = (trade: Trade): SignType => signTypes.get(trade.request.out_trade_no) ?? 'MD5'
  // 支付结果通知: it is the answer's return_code that says that the merchant has it.
  const taken = (status: number, body: string) => status === 200 && fieldsOf(body).return_code === 'SUCCESS'
  const notify = postman({ write: noticeWriter(config), taken, pauses, pauseFactor, silenceMs })
  const buyer = buyerOf(trades, switches, notify, telling(config, signTypeOf))
  return {
    path: '/',
    // Its own routes know the socket; who mounts them need not.
    routes: merchantRoutes({ merchant: config, trades, refunds, signTypes, switches, buyer, notify, now }) as unknown as Hono,
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
