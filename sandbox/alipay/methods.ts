import * as z from 'zod'
import { GatewayRefusal } from '../refusal.ts'
import type { Operation, Switchboard } from '../switches.ts'
import { type BillBook, billSchema } from './bills.ts'
import type { Buyer } from './buyer.ts'
import { creationSchema } from './creation.ts'
import { type Notifier, refundParameters } from './notifier.ts'
import {
  type Refund,
  type RefundBook,
  refundJson,
  refundQueryJson,
  refundQuerySchema,
  refundSchema,
} from './refunds.ts'
import { type TradeBook, type TradeName, tradeJson } from './trades.ts'

export type Container = {
  trades: TradeBook
  refunds: RefundBook
  bills: BillBook
  switches: Switchboard
  buyer: Buyer
  notify: Notifier
}
export type Act = () => object | Promise<object>
/** What a call does, and under which switches. */
export type Method = { operation: Operation; trade: string | undefined; act: Act }

/** Reads biz_content. */
export function reading<T>(schema: z.ZodType<T>, content = ''): T {
  let json: unknown
  try {
    json = JSON.parse(content)
  } catch {
    throw new GatewayRefusal(400, 'isv.invalid-biz-content', 'biz_content 不是 JSON')
  }
  const read = schema.safeParse(json)
  if (!read.success) throw new GatewayRefusal(400, 'ACQ.INVALID_PARAMETER', z.prettifyError(read.error))
  return read.data
}

/** By Alipay's number or by the merchant's. */
const tradeSchema = z
  .strictObject({
    out_trade_no: z.string().min(1).optional(),
    trade_no: z.string().min(1).optional(),
    query_options: z.array(z.string()).optional(),
    operator_id: z.string().optional(),
  })
  .refine((name) => name.out_trade_no !== undefined || name.trade_no !== undefined, 'a number of the trade')
type Parameters = Readonly<Record<string, string>>

/** The methods of the open platform that the stand-in knows; undefined for others. */
export function methods({ trades, refunds, bills, switches, buyer, notify }: Container) {
  /** The merchant's number of a trade, by which switches are set; undefined when there is no such trade. */
  const numberOf = ({ out_trade_no, trade_no }: TradeName): string | undefined =>
    out_trade_no ?? trades.all().find(({ tradeNo }) => tradeNo === trade_no)?.request.out_trade_no
  const isUnpaid = (trade: string): boolean => trades.seen(trade).paidAt === undefined

  const refunded = (refund: Refund): void => {
    const { notifyUrl: url, request } = refund.trade
    if (url === undefined || switches.get('noNotification', request.out_trade_no)) return
    void notify.send({ url, parameters: refundParameters(refund), tally: refund.notices }, {})
  }

  const known: Record<string, (parameters: Parameters, origin: string) => Method> = {
    'alipay.trade.precreate': ({ biz_content, notify_url, return_url }) => {
      const request = reading(creationSchema, biz_content)
      const trade = request.out_trade_no
      const act = async () => {
        const { qr, paidAt } = trades.create(request, 'qr', { notifyUrl: notify_url, returnUrl: return_url })
        if (switches.get('payBeforeAnswer', trade) && paidAt === undefined) await buyer.pay(trade).notified
        return { out_trade_no: trade, qr_code: qr }
      }
      return { operation: 'open', trade, act }
    },

    'alipay.trade.query': ({ biz_content }) => {
      const name = reading(tradeSchema, biz_content)
      const trade = numberOf(name)
      const act = () => tradeJson(trades.findBy(name), switches.get('tradeState', trade))
      return { operation: 'query', trade, act }
    },

    'alipay.trade.close': ({ biz_content }) => {
      const name = reading(tradeSchema, biz_content)
      const trade = numberOf(name)
      const act = () => {
        if (trade !== undefined && switches.get('payBeforeClose', trade) && isUnpaid(trade))
          void buyer.pay(trade).notified
        const { request } = trades.findBy(name)
        return { out_trade_no: request.out_trade_no, trade_no: trades.close(request.out_trade_no).tradeNo }
      }
      return { operation: 'close', trade, act }
    },

    'alipay.trade.refund': ({ biz_content }) => {
      const request = reading(refundSchema, biz_content)
      const trade = numberOf(request)
      const act = () => {
        const { refund, change } = refunds.apply(
          request,
          (switches.get('refundEnds', trade) ?? 'SUCCESS') === 'SUCCESS',
        )
        if (change === 'Y') refunded(refund)
        return refundJson(refund, change)
      }
      return { operation: 'refund', trade, act }
    },

    'alipay.trade.fastpay.refund.query': ({ biz_content }) => {
      const request = reading(refundQuerySchema, biz_content)
      const act = () => {
        const refund = refunds.find(refunds.tradeOf(request), request.out_request_no)
        return refundQueryJson(refund, request.query_options)
      }
      return { operation: 'queryRefund', trade: numberOf(request), act }
    },

    'alipay.data.dataservice.bill.downloadurl.query': ({ biz_content }, origin) => {
      const request = reading(billSchema, biz_content)
      const act = () => ({
        bill_download_url: `${origin}/gateway.do/downloadBillFile.resource?fileId=${bills.offer(request)}`,
      })
      return { operation: 'bill', trade: undefined, act }
    },
  }
  return (method: string, parameters: Parameters, origin: string): Method | undefined =>
    Object.hasOwn(known, method) ? known[method]?.(parameters, origin) : undefined
}
