import { randomUUID } from 'node:crypto'
import { type Delivery, deliveries, type Posting } from '../deliveries.ts'
import { forgersKey } from '../forger.ts'
import type { Notices } from '../ledger.ts'
import type { Refund } from './refunds.ts'
import { type Platform, shanghaiTime } from './signature.ts'
import { type Trade, yuanOf } from './trades.ts'

const minute = 60_000
/** 异步通知: again after 4m/10m/10m/1h/2h/6h/15h, until the answer is `success`. */
export const pauses = [4, 10, 10, 60, 120, 360, 900].map((minutes) => minutes * minute)

type Account = { appId: string; sellerId: string }
type Options = {
  account: Account
  platform: Platform
  pauseFactor: number
  silenceMs: number
  now: () => number
}
export type Notice = { url: string; parameters: Record<string, string>; tally: Notices }

/** Posts signed notifications, again and again while the merchant does not say `success`. */
export function notifier({ account, platform, pauseFactor, silenceMs, now }: Options) {
  const { send, forge, stop } = deliveries({
    pauses,
    pauseFactor,
    silenceMs,
    taken: (status, body) => status === 200 && body === 'success',
  })

  const posting = ({ url, parameters, tally }: Notice, author: 'provider' | 'forger'): Posting => {
    const all = {
      ...{
        notify_time: shanghaiTime(now()),
        notify_type: 'trade_status_sync',
        notify_id: randomUUID().replaceAll('-', ''),
      },
      ...{ app_id: account.appId, auth_app_id: account.appId, seller_id: account.sellerId },
      ...parameters,
    }
    const body = platform.notification(all, author === 'forger' ? forgersKey() : undefined)
    return {
      url,
      tally,
      body,
      headers: () => ({ 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' }),
    }
  }

  return {
    forge: (notice: Notice) => forge(posting(notice, 'forger')),
    send: (notice: Notice, delivery: Delivery) => send((author) => posting(notice, author), delivery),
    stop,
  }
}
export type Notifier = ReturnType<typeof notifier>

/** What a notification says of a trade. */
export const tradeParameters = (trade: Trade, state: string = trade.state): Record<string, string> => ({
  ...{
    out_trade_no: trade.request.out_trade_no,
    trade_no: trade.tradeNo ?? '',
    trade_status: state,
    subject: trade.request.subject,
  },
  ...{
    total_amount: trade.paidAt === undefined ? trade.request.total_amount : yuanOf(trade.captured),
    buyer_id: '2088101117955611',
  },
  ...(trade.paidAt !== undefined && {
    gmt_payment: shanghaiTime(trade.paidAt),
    receipt_amount: yuanOf(trade.captured),
  }),
  ...(trade.request.passback_params !== undefined && { passback_params: trade.request.passback_params }),
})

/** What it says when money went back: the sum of all refunds, and the number of this one. */
export const refundParameters = ({ trade, number, at }: Refund): Record<string, string> => ({
  ...tradeParameters(trade),
  ...{
    refund_fee: yuanOf(trade.refunded),
    out_biz_no: number,
    gmt_refund: `${shanghaiTime(at)}.000`,
  },
})
