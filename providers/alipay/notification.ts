import { verify } from 'node:crypto'
import * as z from 'zod'
import type { AttemptNumber, RefundNumber } from '../../domain/ids.ts'
import { NotificationRejected, type Notified, type TradeFacts } from '../provider.ts'
import type { Merchant } from './config.ts'
import { yuanSchema } from './trade.ts'

const noticeSchema = z.object({
  app_id: z.string().min(1),
  seller_id: z.string().min(1),
  out_trade_no: z.string().min(1),
  trade_no: z.string().min(1),
  trade_status: z.string().min(1),
  total_amount: yuanSchema,
  refund_fee: yuanSchema.optional(),
  /** 商户业务号: the number of the refund that it tells of. */
  out_biz_no: z.string().min(1).optional(),
  gmt_refund: z.string().min(1).optional(),
})

/**
 * Reads notifications (异步通知): a form, signed as a whole with RSA2. What they say of themselves is compared later, so seller and application
 * must be named. They carry no age that could be checked: an old one says again what is stored already. Throws `NotificationRejected`.
 */
export function notificationReader({
  publicKey,
}: Pick<Merchant, 'publicKey'>): (headers: Headers, body: string) => Promise<Notified> {
  return async (_headers, body) => {
    const read = noticeSchema.safeParse(Object.fromEntries(verified(parameters(body), publicKey)))
    if (!read.success) throw new NotificationRejected('body')
    return meaning(read.data)
  }
}

/** The form's parameters. One that comes twice is refused: signed once, it could be read otherwise. */
function parameters(body: string): Map<string, string> {
  const all = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(body)) {
    if (all.has(name)) throw new NotificationRejected('body')
    all.set(name, value)
  }
  if ((all.get('charset') ?? 'utf-8').toLowerCase() !== 'utf-8') throw new NotificationRejected('body')
  return all
}

/**
 * The parameters that Alipay has signed, all but `sign` and `sign_type`, sorted (异步通知验签). Its own libraries differ about empty ones: Java's
 * signs them, PHP's leaves them out. Both are taken, and what was left out is not read. A value that hides further parameters is refused:
 * the signed text does not tell where they part.
 */
function verified(all: ReadonlyMap<string, string>, key: Merchant['publicKey']): [string, string][] {
  const sign = all.get('sign')
  if (!sign || all.get('sign_type') !== 'RSA2') throw new NotificationRejected('signature')
  const named = [...all]
    .filter(([name]) => name !== 'sign' && name !== 'sign_type')
    .sort(([a], [b]) => (a < b ? -1 : 1))
  if (named.some(([name, value]) => /[&=]/.test(name) || /&\w+=/.test(value)))
    throw new NotificationRejected('signature')
  const filled = named.filter(([, value]) => value !== '')
  const signature = Buffer.from(sign, 'base64')
  const isSigned = (some: [string, string][]): boolean =>
    verify('sha256', Buffer.from(some.map(([name, value]) => `${name}=${value}`).join('&')), key, signature)
  if (!isSigned(named) && !isSigned(filled)) throw new NotificationRejected('signature')
  return filled
}

/** A trade that is finished after it was paid says the same transaction again, in another state: the same money. */
function meaning(notice: z.infer<typeof noticeSchema>): Notified {
  const facts: TradeFacts = {
    provider: 'alipay',
    transaction: notice.trade_no,
    // Whether it is one of ours is for the resolver to find out.
    attempt: notice.out_trade_no as AttemptNumber,
    state: notice.trade_status,
    amount: notice.total_amount,
    currency: 'CNY', // It does not say; trades of the mainland's Alipay are in no other.
    merchant: notice.seller_id,
    app: notice.app_id,
  }
  const { refund_fee, out_biz_no, gmt_refund } = notice
  switch (notice.trade_status) {
    case 'WAIT_BUYER_PAY':
      return { is: 'progress', facts }
    case 'TRADE_SUCCESS':
    case 'TRADE_FINISHED':
    case 'TRADE_CLOSED':
      // refund_fee is the sum of all refunds so far; the amount of this one is asked for by its number.
      if (out_biz_no !== undefined)
        return {
          is: 'refund',
          facts: { ...facts, refund: out_biz_no as RefundNumber, amount: refund_fee ?? facts.amount },
        }
      // A refund without a number, or a trade that ended unpaid: no events of money that came, so the watch asks.
      if (refund_fee !== undefined || gmt_refund !== undefined || notice.trade_status === 'TRADE_CLOSED')
        return { is: 'progress', facts }
      return { is: 'payment', facts }
    default:
      return { is: 'other', type: notice.trade_status }
  }
}
