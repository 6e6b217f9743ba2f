import { randomInt } from 'node:crypto'
import * as z from 'zod'
import { inBeijing } from '../beijing.ts'
import type { Notices } from '../ledger.ts'
import { GatewayRefusal } from '../refusal.ts'

/** Native下单: what a creation must carry. Amounts are fen. */
const nativeSchema = z.strictObject({
  appid: z.string().min(1).max(32),
  mchid: z.string().min(1).max(32),
  description: z.string().min(1).max(127),
  out_trade_no: z.string().regex(/^[0-9A-Za-z_\-*|]{6,32}$/),
  time_expire: z.iso.datetime({ offset: true }).optional(),
  attach: z.string().max(128).optional(),
  notify_url: z
    .url({ protocol: /^https?$/ })
    .max(255)
    .refine((url) => !url.includes('?'), 'notify_url must carry no parameters'),
  amount: z.strictObject({ total: z.int().positive(), currency: z.literal('CNY').optional() }),
})
/** JSAPI下单: who pays, by the app's own openid. H5下单: from which address, in what kind of browser. */
const jsapiSchema = nativeSchema.extend({ payer: z.strictObject({ openid: z.string().min(1).max(128) }) })
const h5Schema = nativeSchema.extend({
  scene_info: z.strictObject({
    payer_client_ip: z.union([z.ipv4(), z.ipv6()]),
    h5_info: z.strictObject({ type: z.enum(['iOS', 'Android', 'Wap']) }),
  }),
})
export const creationSchemas = { native: nativeSchema, jsapi: jsapiSchema, h5: h5Schema }
export type Way = keyof typeof creationSchemas
export type Creation = z.infer<typeof nativeSchema> &
  Partial<Pick<z.infer<typeof jsapiSchema>, 'payer'> & Pick<z.infer<typeof h5Schema>, 'scene_info'>>

const tradeTypes: Record<Way, string> = { native: 'NATIVE', jsapi: 'JSAPI', h5: 'MWEB' }

export type Trade = {
  readonly request: Creation
  readonly way: Way
  /** What the buyer's side is told the trade by; a repeated creation is told the same. */
  readonly prepayId: string
  readonly expiresAt: number
  state: 'NOTPAY' | 'SUCCESS' | 'REFUND' | 'CLOSED'
  captured: bigint
  refunding: bigint
  refunded: bigint
  transactionId: string | undefined
  paidAt: number | undefined
  failures: number
  readonly notices: Notices
}

const rfc3339 = (ms: number): string => `${inBeijing(ms)}+08:00`

/** The trades of one merchant, in memory: this is a stand-in for a remote. Every method is one step that nothing interleaves with. */
export function tradeBook(merchant: { mchId: string; appId: string }, now: () => number) {
  const trades = new Map<string, Trade>()
  const byTransaction = new Map<string, Trade>()

  const find = (outTradeNo: string): Trade => {
    const trade = trades.get(outTradeNo)
    if (!trade) throw new GatewayRefusal(404, 'ORDER_NOT_EXIST', '订单不存在')
    if (trade.state === 'NOTPAY' && now() >= trade.expiresAt) trade.state = 'CLOSED'
    return trade
  }

  const open = (way: Way, request: Creation): Trade => {
    if (request.appid !== merchant.appId)
      throw new GatewayRefusal(400, 'APPID_MCHID_NOT_MATCH', 'appid 和 mchid 不匹配')
    if (trades.has(request.out_trade_no)) {
      const known = find(request.out_trade_no)
      if (known.way !== way || JSON.stringify(known.request) !== JSON.stringify(request))
        throw new GatewayRefusal(400, 'INVALID_REQUEST', '请求重入时，参数与首次请求时不一致')
      if (known.state === 'CLOSED') throw new GatewayRefusal(400, 'ORDER_CLOSED', '该订单已关闭')
      if (known.state !== 'NOTPAY') throw new GatewayRefusal(400, 'ORDERPAID', '该订单已支付')
      return known
    }
    const expiresAt = request.time_expire === undefined ? now() + 7_200_000 : Date.parse(request.time_expire)
    if (expiresAt <= now()) throw new GatewayRefusal(400, 'PARAM_ERROR', 'time_expire 已过期')
    const trade: Trade = {
      request,
      way,
      prepayId: `wx${randomInt(2 ** 47).toString(36)}`,
      expiresAt,
      state: 'NOTPAY',
      captured: 0n,
      refunding: 0n,
      refunded: 0n,
      transactionId: undefined,
      paidAt: undefined,
      failures: 0,
      notices: { sent: 0, acked: 0, forged: 0 },
    }
    trades.set(request.out_trade_no, trade)
    return trade
  }

  return {
    find,
    has: (outTradeNo: string) => trades.has(outTradeNo),
    open,
    all: () => [...trades.keys()].map(find),
    byTransaction: (transactionId: string) => byTransaction.get(transactionId),

    /** 关闭订单: a paid trade can't be closed, a closed one needn't. */
    close(outTradeNo: string): void {
      const trade = find(outTradeNo)
      if (trade.state === 'CLOSED') throw new GatewayRefusal(400, 'ORDER_CLOSED', '该订单已关闭')
      if (trade.state !== 'NOTPAY') throw new GatewayRefusal(400, 'ORDERPAID', '该订单已支付')
      trade.state = 'CLOSED'
    },

    /** The buyer's phone: takes `amount` fen if the trade can be paid. */
    pay(outTradeNo: string, amount: bigint, evenWhenClosed: boolean): Trade {
      const trade = find(outTradeNo)
      if (trade.state === 'SUCCESS' || trade.state === 'REFUND')
        throw new GatewayRefusal(400, 'ORDERPAID', '该订单已支付')
      if (trade.state === 'CLOSED' && !evenWhenClosed)
        throw new GatewayRefusal(400, 'ORDER_CLOSED', '该订单已关闭')
      const transactionId = `4200${String(byTransaction.size + 1).padStart(8, '0')}${randomInt(1e12).toString().padStart(12, '0')}`
      Object.assign(trade, { state: 'SUCCESS', captured: amount, transactionId, paidAt: now() })
      byTransaction.set(transactionId, trade)
      return trade
    },
  }
}
export type TradeBook = ReturnType<typeof tradeBook>

/** 商户订单号查询订单: the trade on the wire, with the payer's openid as WeChat sends it. A notification carries the same. */
export function transactionJson(trade: Trade, state: string = trade.state) {
  const { appid, mchid, out_trade_no, amount } = trade.request
  const total = trade.paidAt === undefined ? amount.total : Number(trade.captured)
  const paid = trade.paidAt !== undefined && {
    transaction_id: trade.transactionId,
    trade_type: tradeTypes[trade.way],
    bank_type: 'OTHERS',
    success_time: rfc3339(trade.paidAt),
    payer: { openid: trade.request.payer?.openid ?? 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' },
  }
  return {
    ...{
      appid,
      mchid,
      out_trade_no,
      trade_state: state,
      trade_state_desc: state,
      attach: trade.request.attach ?? '',
    },
    ...paid,
    amount: { total, payer_total: total, currency: 'CNY', payer_currency: 'CNY' },
  }
}
