import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { withFaults } from '../faults.ts'
import { GatewayRefusal } from '../refusal.ts'
import type { Operation, Switchboard } from '../switches.ts'
import type { BillBook } from '../wechat-v3/bills.ts'
import type { Buyer } from '../wechat-v3/buyer.ts'
import type { Refund, RefundBook } from '../wechat-v3/refunds.ts'
import type { TradeBook } from '../wechat-v3/trades.ts'
import { billRoutes } from './bill-routes.ts'
import type { WechatV2Sandbox } from './merchant.ts'
import { type Notifier, refundNotice } from './notices.ts'
import { isSigned, type SignType, signOf, signTypeOf } from './signature.ts'
import { heading, orderOf, refundOf, refundsFields, refundTakenFields, tradeFields } from './wire.ts'
import { type Fields, fieldsOf, nonce, xmlOf } from './xml.ts'

/** By which algorithm a trade was created, as its notification is signed, and when. */
export type Made = { signType: SignType; at: number }

type Container = {
  merchant: WechatV2Sandbox
  trades: TradeBook
  refunds: RefundBook
  bills: BillBook
  made: Map<string, Made>
  switches: Switchboard
  buyer: Buyer
  notify: Notifier
  now: () => number
}
type Env = { Bindings: HttpBindings }

/** The words of v2 for what the books of trades and refunds refuse. */
const codes = new Map([
  ['ORDER_NOT_EXIST', 'ORDERNOTEXIST'],
  ['ORDER_CLOSED', 'ORDERCLOSED'],
  ['RESOURCE_NOT_EXISTS', 'ORDERNOTEXIST'],
  ['SYSTEM_ERROR', 'SYSTEMERROR'],
])

const xml = (fields: Fields, status = 200): Response =>
  new Response(xmlOf(fields), { status, headers: { 'Content-Type': 'text/xml; charset=utf-8' } })
/** What WeChat says when it does not know who asks: without a sign. */
const unsignedFailure = (message: string, status = 200): Response =>
  xml({ return_code: 'FAIL', return_msg: message }, status)
const refusal = (code: string, message: string): Fields => ({
  result_code: 'FAIL',
  err_code: codes.get(code) ?? code,
  err_code_des: message,
})
const refused = (error: unknown): Fields => {
  if (error instanceof GatewayRefusal) return refusal(error.code, error.message)
  return error instanceof z.ZodError
    ? refusal('PARAM_ERROR', '参数错误')
    : refusal('SYSTEM_ERROR', String(error))
}

/**
 * The merchant's side of WeChat Pay v2, Native: every request is verified, every answer signed by the
 * request's algorithm.
 */
export function merchantRoutes({
  merchant,
  trades,
  refunds,
  bills,
  made,
  switches,
  buyer,
  notify,
  now,
}: Container): Hono<Env> {
  const app = new Hono<Env>()

  const signed = (fields: Fields, type: SignType, key: string): Response => {
    const answer = { ...heading(merchant), ...fields }
    return xml({ ...answer, sign: signOf(answer, key, type) })
  }

  const verified = async (c: Context<Env>): Promise<Fields | Response> => {
    const fields = fieldsOf(await c.req.text())
    if (fields.mch_id !== merchant.mchId || fields.appid !== merchant.appId)
      return unsignedFailure('appid和mch_id不匹配')
    return fields.nonce_str && isSigned(fields, merchant.key) ? fields : unsignedFailure('签名错误')
  }

  type Route = { name: Operation; path: string; tradeOf: (fields: Fields) => string | undefined }
  type Does = (fields: Fields, trade: string) => Fields | Promise<Fields>
  const operation = ({ name, path, tradeOf }: Route, does: Does): void => {
    app.post(path, async (c: Context<Env>) => {
      const fields = await verified(c)
      if (fields instanceof Response) return fields
      const type = signTypeOf(fields) ?? 'MD5'
      const trade = tradeOf(fields)
      return withFaults(c, switches, {
        operation: name,
        trade,
        act: async () => ({
          result_code: 'SUCCESS',
          ...(await Promise.resolve()
            .then(() => does(fields, trade ?? ''))
            .catch(refused)),
        }),
        failed: ({ status, code, message, unsigned }) =>
          unsigned ? unsignedFailure(code, status) : signed(refusal(code, message), type, merchant.key),
        reply: (answer, signer) => signed(answer, type, signer === 'provider' ? merchant.key : nonce()),
      })
    })
  }
  const byNumber = (fields: Fields) => fields.out_trade_no

  operation({ name: 'open', path: '/pay/unifiedorder', tradeOf: byNumber }, async (fields, number) => {
    const { prepayId, state } = trades.open('native', orderOf(fields))
    if (!made.has(number)) made.set(number, { signType: signTypeOf(fields) ?? 'MD5', at: now() })
    if (switches.get('payBeforeAnswer', number) && state === 'NOTPAY') await buyer.pay(number).notified
    return { trade_type: 'NATIVE', prepay_id: prepayId, code_url: `weixin://wxpay/bizpayurl?pr=${prepayId}` }
  })

  /** By WeChat's number or by the merchant's. */
  const byEither = ({ out_trade_no, transaction_id = '' }: Fields) =>
    out_trade_no ?? trades.byTransaction(transaction_id)?.request.out_trade_no

  operation({ name: 'query', path: '/pay/orderquery', tradeOf: byEither }, (_, number) =>
    tradeFields(trades.find(number), switches.get('tradeState', number)),
  )

  operation({ name: 'close', path: '/pay/closeorder', tradeOf: byNumber }, (_, number) => {
    const trade = trades.find(number)
    if (switches.get('payBeforeClose', number) && trade.state === 'NOTPAY') void buyer.pay(number).notified
    const tooEarly =
      trade.state === 'NOTPAY' && now() - (made.get(number)?.at ?? 0) < (merchant.closableAfterMs ?? 300_000)
    if (tooEarly) throw new GatewayRefusal(400, 'INVALID_REQUEST', '订单生成后不能马上调用关单接口')
    trades.close(number)
    return {}
  })

  const refundEnded = (refund: Refund): void => {
    const url = refund.request.notify_url
    if (url === undefined || switches.get('noNotification', refund.trade.request.out_trade_no)) return
    void notify.send(refundNotice(merchant, refund, url), {})
  }
  operation({ name: 'refund', path: '/secapi/pay/refund', tradeOf: byEither }, (fields, number) =>
    refundTakenFields(
      refunds.apply(refundOf(fields), switches.get('refundEnds', number) ?? 'SUCCESS', refundEnded),
    ),
  )

  /** 查询退款: by one of four numbers, the first of them that is given. */
  const refundsBy = ({ refund_id, out_refund_no, transaction_id, out_trade_no }: Fields): Refund[] =>
    refunds.all().filter(({ refundId, request, trade }) => {
      if (refund_id !== undefined) return refundId === refund_id
      if (out_refund_no !== undefined) return request.out_refund_no === out_refund_no
      if (transaction_id !== undefined) return trade.transactionId === transaction_id
      return trade.request.out_trade_no === out_trade_no
    })

  const byRefund = (fields: Fields) => refundsBy(fields)[0]?.trade.request.out_trade_no
  operation({ name: 'queryRefund', path: '/pay/refundquery', tradeOf: byRefund }, (fields) => {
    const [first, ...others] = refundsBy(fields)
    if (!first) return refusal('REFUNDNOTEXIST', '退款订单查询失败')
    return refundsFields([first, ...others], Number(fields.offset ?? 0))
  })

  billRoutes(app, {
    bills,
    switches,
    verified,
    refuse: (fields, status) => xml({ return_code: 'FAIL', ...fields }, status),
  })

  return app
}
