import { verify } from 'node:crypto'
import * as z from 'zod'
import type { AttemptNumber, RefundNumber } from '../../domain/ids.ts'
import { NotificationRejected, type Notified, type TradeFacts } from '../provider.ts'
import { byName, isAmbiguous } from '../signed-text.ts'
import type { Merchant } from './config.ts'
import { yuanSchema } from './trade.ts'

const noticeSchema = z.object({
  app_id: z.string().min(1),
  seller_id: z.string().min(1),
  out_trade_no: z.string().min(1),
  trade_no: z.string().min(1),
  trade_status: z.string().min(1),
  total_amount: yuanSchema,
  /** 总退款金额: the sum of all refunds so far. Payments may carry it too, as `0.00`. */
  refund_fee: yuanSchema.optional(),
  /** 商户业务号: the number of the refund that the notification reports. */
  out_biz_no: z.string().min(1).optional(),
  gmt_refund: z.string().min(1).optional(),
})
type Notice = z.infer<typeof noticeSchema>

/**
 * Reads notifications: a form, signed as a whole with RSA2. Seller and application must be named; whether
 * they are ours is compared later. There is no age that could be checked: an old notification repeats what is
 * stored already.
 *
 * @throws {NotificationRejected} `signature` or `body`
 * @see 异步通知说明 https://opendocs.alipay.com/open/270/105902
 */
export function notificationReader({
  publicKey,
}: Pick<Merchant, 'publicKey'>): (headers: Headers, body: string) => Promise<Notified> {
  return async (_headers, body) => {
    const read = noticeSchema.safeParse(Object.fromEntries(verified(parametersOf(body), publicKey)))
    if (!read.success) throw new NotificationRejected('body')
    return meaningOf(read.data)
  }
}

/** The form's parameters. One that comes twice is refused: signed once, it could be read otherwise. */
function parametersOf(body: string): Map<string, string> {
  const all = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(body)) {
    if (all.has(name)) throw new NotificationRejected('body')
    all.set(name, value)
  }
  if ((all.get('charset') ?? 'utf-8').toLowerCase() !== 'utf-8') throw new NotificationRejected('body')
  return all
}

/**
 * The signed parameters, all but `sign` and `sign_type` (异步通知验签). Alipay's own libraries differ about empty
 * ones: Java's signs them, PHP's leaves them out. Both are accepted; empty ones are not read. A text that
 * could be divided in another way is refused.
 */
function verified(all: ReadonlyMap<string, string>, key: Merchant['publicKey']): [string, string][] {
  const sign = all.get('sign')
  if (!sign || all.get('sign_type') !== 'RSA2') throw new NotificationRejected('signature')
  const named = [...all].filter(([name]) => name !== 'sign' && name !== 'sign_type').sort(byName)
  const filled = named.filter(([, value]) => value !== '')
  const signature = Buffer.from(sign, 'base64')
  const isGenuine = (some: [string, string][]): boolean =>
    some.every(([name]) => !/[&=]/.test(name)) &&
    !isAmbiguous(some) &&
    verify('sha256', Buffer.from(some.map(([name, value]) => `${name}=${value}`).join('&')), key, signature)
  if (!isGenuine(named) && !isGenuine(filled)) throw new NotificationRejected('signature')
  return filled
}

/**
 * A trade that is finished after it was paid reports the same transaction in another state: the same money.
 * Money has gone back only where `refund_fee` is positive, or missing beside the time of a refund: Alipay's
 * own example of a payment has `refund_fee=0.00`.
 */
function meaningOf(notice: Notice): Notified {
  const { refund_fee, out_biz_no, gmt_refund, trade_status } = notice
  const facts = factsOf(notice)
  const refunded = refund_fee === undefined ? gmt_refund !== undefined : refund_fee > 0n
  switch (trade_status) {
    case 'WAIT_BUYER_PAY':
      return { is: 'progress', facts }
    case 'TRADE_SUCCESS':
    case 'TRADE_FINISHED':
    case 'TRADE_CLOSED':
      // `refund_fee` is a sum; the amount of this refund is asked for by its number.
      if (refunded && out_biz_no !== undefined)
        return {
          is: 'refund',
          facts: { ...facts, refund: out_biz_no as RefundNumber, amount: refund_fee ?? facts.amount },
        }
      // A refund without a number, or a trade that ended unpaid: no money came, so the provider is asked.
      if (refunded || trade_status === 'TRADE_CLOSED') return { is: 'progress', facts }
      return { is: 'payment', facts }
    default:
      return { is: 'other', type: trade_status }
  }
}

const factsOf = (notice: Notice): TradeFacts => ({
  provider: 'alipay',
  transaction: notice.trade_no,
  // Whether it is one of ours is for the resolver to find out.
  attempt: notice.out_trade_no as AttemptNumber,
  state: notice.trade_status,
  amount: notice.total_amount,
  currency: 'CNY', // It does not say; trades of the mainland's Alipay are in no other.
  merchant: notice.seller_id,
  app: notice.app_id,
})
