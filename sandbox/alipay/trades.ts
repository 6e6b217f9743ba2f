import { randomInt } from 'node:crypto'
import type { Notices } from '../ledger.ts'
import { GatewayRefusal } from '../refusal.ts'
import { type CreationRequest, expiryOf } from './creation.ts'
import { shanghaiTime } from './signature.ts'

/** A trade's two numbers; one of them names it. */
export type TradeName = { out_trade_no?: string | undefined; trade_no?: string | undefined }

export type Trade = {
  readonly request: CreationRequest
  readonly notifyUrl: string | undefined
  readonly returnUrl: string | undefined
  readonly qr: string
  expiresAt: number
  /** NOT_SCANNED: a code that nobody has scanned yet: Alipay has no such trade. */
  state: 'NOT_SCANNED' | 'WAIT_BUYER_PAY' | 'TRADE_SUCCESS' | 'TRADE_FINISHED' | 'TRADE_CLOSED'
  captured: bigint
  refunded: bigint
  tradeNo: string | undefined
  paidAt: number | undefined
  failures: number
  readonly notices: Notices
}

/** Yuan with two decimals, as fen. */
export const fenOf = (yuan: string): bigint => BigInt(yuan.replace('.', ''))
/** Fen, as yuan with two decimals. */
export const yuanOf = (fen: bigint): string => `${fen / 100n}.${String(fen % 100n).padStart(2, '0')}`
const refusal = (code: string, message: string) =>
  new GatewayRefusal(code === 'ACQ.TRADE_NOT_EXIST' ? 404 : 400, code, message)

/** 28 digits: the day, and a sequence that nobody guesses. */
function tradeNumber(now: number, sequence: number): string {
  const day = shanghaiTime(now).slice(0, 10).replaceAll('-', '')
  return `${day}2200${String(sequence).padStart(8, '0')}${String(randomInt(1e8)).padStart(8, '0')}`
}

/**
 * The trades of one seller, in memory: this is a stand-in for a remote. Every method is one step that nothing
 * interleaves with.
 */
export function tradeBook(now: () => number) {
  const trades = new Map<string, Trade>()
  let paid = 0

  /** As the buyer sees it: a code may not be scanned yet. */
  const seen = (outTradeNo: string): Trade => {
    const trade = trades.get(outTradeNo)
    if (!trade) throw refusal('ACQ.TRADE_NOT_EXIST', '交易不存在')
    if (trade.state === 'WAIT_BUYER_PAY' && now() >= trade.expiresAt) trade.state = 'TRADE_CLOSED'
    return trade
  }
  /** By Alipay's number or by the merchant's, as the merchant sees it. */
  const findBy = ({ out_trade_no, trade_no }: TradeName): Trade => {
    const named =
      trade_no === undefined ? undefined : [...trades.values()].find(({ tradeNo }) => tradeNo === trade_no)
    if (trade_no !== undefined && !named) throw refusal('ACQ.TRADE_NOT_EXIST', '交易不存在')
    const trade = find(named?.request.out_trade_no ?? out_trade_no ?? '')
    if (out_trade_no !== undefined && trade.request.out_trade_no !== out_trade_no)
      throw refusal('ACQ.INVALID_PARAMETER', '交易号与订单号不符')
    return trade
  }
  /** As the merchant sees it. */
  const find = (outTradeNo: string): Trade => {
    const trade = seen(outTradeNo)
    if (trade.state === 'NOT_SCANNED') throw refusal('ACQ.TRADE_NOT_EXIST', '交易不存在')
    return trade
  }
  const numbered = (trade: Trade): Trade => {
    trade.tradeNo ??= tradeNumber(now(), ++paid)
    return trade
  }

  return {
    find,
    findBy,
    seen,
    has: (outTradeNo: string) => trades.has(outTradeNo),
    all: () => [...trades.keys()].map(seen),

    /**
     * `page`: the buyer has opened the form, and the trade is there. `qr`: it will be when somebody scans the
     * code.
     */
    create(
      request: CreationRequest,
      way: 'page' | 'qr',
      urls: { notifyUrl: string | undefined; returnUrl: string | undefined },
    ): Trade {
      const known = trades.has(request.out_trade_no) ? seen(request.out_trade_no) : undefined
      if (known) {
        if (JSON.stringify(known.request) !== JSON.stringify(request))
          throw refusal('ACQ.CONTEXT_INCONSISTENT', '交易信息被篡改')
        if (known.state === 'TRADE_CLOSED') throw refusal('ACQ.TRADE_HAS_CLOSE', '交易已经关闭')
        if (known.paidAt !== undefined) throw refusal('ACQ.TRADE_HAS_SUCCESS', '交易已被支付')
      }
      const expiresAt = expiryOf(request, now())
      if (expiresAt <= now()) throw refusal('ACQ.INVALID_PARAMETER', 'time_expire 已过期')
      if (known) return known
      const trade: Trade = {
        ...{ request, ...urls, expiresAt, captured: 0n, refunded: 0n, failures: 0 },
        ...{ tradeNo: undefined, paidAt: undefined, notices: { sent: 0, acked: 0, forged: 0 } },
        qr: `https://qr.alipay.com/bax${randomInt(2 ** 47).toString(36)}`,
        state: way === 'page' ? 'WAIT_BUYER_PAY' : 'NOT_SCANNED',
      }
      trades.set(request.out_trade_no, trade)
      return way === 'page' ? numbered(trade) : trade
    },

    /** The buyer scans the code, if there is one to scan: now the trade exists. */
    scan(outTradeNo: string): Trade {
      const trade = seen(outTradeNo)
      if (trade.state === 'NOT_SCANNED')
        trade.state = now() >= trade.expiresAt ? 'TRADE_CLOSED' : 'WAIT_BUYER_PAY'
      return numbered(trade)
    },

    /** alipay.trade.close: only what waits for its buyer can be closed. */
    close(outTradeNo: string): Trade {
      const trade = find(outTradeNo)
      if (trade.state !== 'WAIT_BUYER_PAY') throw refusal('ACQ.TRADE_STATUS_ERROR', '交易状态不合法')
      trade.state = 'TRADE_CLOSED'
      return trade
    },

    /** The buyer walks away: what Alipay's own time-out does to a trade, or to a code. */
    timeOut(outTradeNo: string): void {
      const trade = seen(outTradeNo)
      if (trade.paidAt !== undefined) throw refusal('ACQ.TRADE_HAS_SUCCESS', '交易已被支付')
      trade.expiresAt = Math.min(trade.expiresAt, now())
    },

    /** The buyer's phone: takes `amount` fen if the trade can be paid. */
    pay(trade: Trade, amount: bigint, evenWhenClosed: boolean): void {
      if (trade.paidAt !== undefined) throw refusal('ACQ.TRADE_HAS_SUCCESS', '交易已被支付')
      if (trade.state === 'TRADE_CLOSED' && !evenWhenClosed)
        throw refusal('ACQ.TRADE_HAS_CLOSE', '交易已经关闭')
      Object.assign(trade, { state: 'TRADE_SUCCESS', captured: amount, paidAt: now() })
    },
  }
}
export type TradeBook = ReturnType<typeof tradeBook>

/** alipay.trade.query: the trade on the wire, with the buyer as Alipay sends him. */
export function tradeJson(trade: Trade, state: string = trade.state) {
  const total = trade.paidAt === undefined ? trade.request.total_amount : yuanOf(trade.captured)
  const paid = trade.paidAt !== undefined && { send_pay_date: shanghaiTime(trade.paidAt) }
  return {
    ...{
      trade_no: trade.tradeNo,
      out_trade_no: trade.request.out_trade_no,
      trade_status: state,
      total_amount: total,
    },
    ...{
      buyer_logon_id: '159****5620',
      buyer_user_id: '2088101117955611',
      receipt_amount: total,
      buyer_pay_amount: total,
    },
    ...{ point_amount: '0.00', invoice_amount: total, ...paid },
  }
}
