import { randomInt } from 'node:crypto'
import { rfc3339 } from '../clock.ts'
import type { Notices } from '../ledger.ts'
import { GatewayRefusal } from '../refusal.ts'
import type { Creation, Product } from './creation.ts'

export type Trade = {
  readonly request: Creation
  readonly product: Product
  /** What the buyer's side names the trade by; a repeated creation answers the same. */
  readonly prepayId: string
  /** 支付结束时间: no payment begins after it; the trade stays NOTPAY until somebody closes it. */
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

const tradeTypes: Record<Product, string> = { native: 'NATIVE', jsapi: 'JSAPI', app: 'APP', h5: 'MWEB' }
/** Native下单, time_expire: 超过 7 天未支付的订单，无法再支付. */
const unpaidMs = 7 * 86_400_000

const refuse = (status: number, code: string, message: string): never => {
  throw new GatewayRefusal(status, code, message)
}

/** The trades of one merchant, in memory. Every method is one step that nothing interleaves with. */
export function tradeBook(merchant: { mchId: string; appId: string }, now: () => number) {
  const trades = new Map<string, Trade>()
  const byTransaction = new Map<string, Trade>()

  const find = (outTradeNo: string): Trade =>
    trades.get(outTradeNo) ?? refuse(404, 'ORDER_NOT_EXIST', '订单不存在')

  const repeated = (known: Trade, product: Product, request: Creation): Trade => {
    if (known.product !== product || JSON.stringify(known.request) !== JSON.stringify(request))
      return refuse(400, 'INVALID_REQUEST', '请求重入时，参数与首次请求时不一致')
    if (known.state === 'CLOSED') return refuse(400, 'ORDER_CLOSED', '该订单已关闭')
    if (known.state !== 'NOTPAY') return refuse(400, 'ORDERPAID', '该订单已支付')
    return now() >= known.expiresAt ? refuse(400, 'PARAM_ERROR', 'time_expire 已过期') : known
  }

  return {
    find,
    has: (outTradeNo: string) => trades.has(outTradeNo),
    all: () => [...trades.values()],
    byTransaction: (transactionId: string) => byTransaction.get(transactionId),

    /** 下单: a repeated creation gives the trade again, with identical parameters only. */
    open(product: Product, request: Creation): Trade {
      if (request.appid !== merchant.appId)
        return refuse(400, 'APPID_MCHID_NOT_MATCH', 'appid 和 mchid 不匹配')
      const known = trades.get(request.out_trade_no)
      if (known) return repeated(known, product, request)
      const expiresAt = request.time_expire === undefined ? now() + unpaidMs : Date.parse(request.time_expire)
      if (expiresAt <= now()) return refuse(400, 'PARAM_ERROR', 'time_expire 已过期')
      const trade: Trade = {
        request,
        product,
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
    },

    /** 关闭订单: a paid trade can't be closed, a closed one needn't. */
    close(outTradeNo: string): void {
      const trade = find(outTradeNo)
      if (trade.state === 'CLOSED') refuse(400, 'ORDER_CLOSED', '该订单已关闭')
      if (trade.state !== 'NOTPAY') refuse(400, 'ORDERPAID', '该订单已支付')
      trade.state = 'CLOSED'
    },

    /**
     * The buyer's phone: takes `amount` fen if the trade can be paid; `always`: also when it is closed or
     * expired.
     */
    pay(outTradeNo: string, amount: bigint, always: boolean): Trade {
      const trade = find(outTradeNo)
      if (trade.state === 'SUCCESS' || trade.state === 'REFUND')
        return refuse(400, 'ORDERPAID', '该订单已支付')
      if (!always && trade.state === 'CLOSED') return refuse(400, 'ORDER_CLOSED', '该订单已关闭')
      if (!always && now() >= trade.expiresAt) return refuse(400, 'ORDER_EXPIRED', '订单已超过支付时间')
      const sequence = String(byTransaction.size + 1).padStart(8, '0')
      const transactionId = `4200${sequence}${randomInt(1e12).toString().padStart(12, '0')}`
      Object.assign(trade, { state: 'SUCCESS', captured: amount, transactionId, paidAt: now() })
      byTransaction.set(transactionId, trade)
      return trade
    },
  }
}
export type TradeBook = ReturnType<typeof tradeBook>

/** 查询订单: the trade in JSON, with the payer's openid as WeChat sends it. A notification carries the same. */
export function transactionJson(trade: Trade, state: string = trade.state) {
  const { appid, mchid, out_trade_no, amount, attach = '', scene_info } = trade.request
  const total = trade.paidAt === undefined ? amount.total : Number(trade.captured)
  const paid = trade.paidAt !== undefined && {
    transaction_id: trade.transactionId,
    trade_type: tradeTypes[trade.product],
    bank_type: 'OTHERS',
    success_time: rfc3339(trade.paidAt),
    payer: { openid: trade.request.payer?.openid ?? 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' },
    ...(scene_info?.device_id !== undefined && { scene_info: { device_id: scene_info.device_id } }),
  }
  return {
    appid,
    mchid,
    out_trade_no,
    trade_state: state,
    trade_state_desc: state,
    attach,
    ...paid,
    amount: { total, payer_total: total, currency: 'CNY', payer_currency: 'CNY' },
  }
}
