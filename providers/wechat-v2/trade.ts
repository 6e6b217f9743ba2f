import * as z from 'zod'
import { type AttemptNumber, madeAt } from '../../domain/ids.ts'
import { fen } from '../../domain/money.ts'
import type { Trade, TradeFacts } from '../provider.ts'
import type { Call } from './client.ts'
import type { Merchant } from './config.ts'
import { errorMeans, stateMeans } from './states.ts'
import type { Fields } from './xml.ts'

/** 关闭订单: 订单生成后不能马上调用关单接口，最短调用时间间隔为5分钟. */
const closableAfterMs = 300_000

export const wholeFen = z.string().regex(/^\d{1,15}$/)

/**
 * A paid trade, in queries and notifications alike (查询订单, 支付结果通知). `total_fee` is what the order costs; `cash_fee` is less when
 * WeChat's own coupons paid a part, and is not compared. The payer is not read, and so not kept.
 */
const paidSchema = z.object({
  appid: z.string().min(1),
  mch_id: z.string().min(1),
  out_trade_no: z.string().min(1),
  transaction_id: z.string().min(1),
  total_fee: wholeFen,
  fee_type: z.string().optional(),
})

/** The facts of a paid trade, or nothing when a part of them is missing. */
export function factsOf(fields: Fields): TradeFacts | undefined {
  const read = paidSchema.safeParse(fields)
  if (!read.success) return undefined
  const { data: paid } = read
  return {
    provider: 'wechat-v2',
    transaction: paid.transaction_id,
    // Whether it is one of ours is for the resolver to find out.
    attempt: paid.out_trade_no as AttemptNumber,
    state: 'SUCCESS',
    amount: fen(paid.total_fee),
    currency: paid.fee_type || 'CNY', // 默认人民币
    merchant: paid.mch_id,
    app: paid.appid,
  }
}

/** Asks about a trade (查询订单) and reads the answer by the one table. */
export async function askTrade(
  call: Call,
  attempt: AttemptNumber,
  creation: 'in_flight' | 'settled',
  until: AbortSignal,
): Promise<Trade> {
  const answer = await call('/pay/orderquery', { out_trade_no: attempt }, until)
  if (answer.heard === 'nothing') return { is: 'unknown', state: answer.code }
  if (answer.heard === 'refusal') {
    const means = errorMeans(answer.code)
    const closed = means === 'closed' || (means === 'missing' && creation === 'settled')
    return { is: closed ? 'closed' : 'unknown', state: answer.code }
  }
  const { out_trade_no, trade_state: state } = answer.fields
  if (!state) return { is: 'unknown', state: 'UNREADABLE' }
  if (out_trade_no !== attempt) return { is: 'unknown', state: 'MISMATCH' }
  if (stateMeans(state) !== 'paid')
    return { is: stateMeans(state) === 'closed' ? 'closed' : 'unknown', state }
  const facts = factsOf(answer.fields)
  return facts ? { is: 'paid', facts } : { is: 'unknown', state: 'UNREADABLE' }
}

/**
 * Closes a trade (关闭订单), then asks: what asking finds is the result, whatever closing answered. In its first five minutes WeChat closes
 * nothing, so it is only asked about then; unsettled, it says when closing is of use.
 */
export async function closeTrade(
  call: Call,
  { now, timeoutMs }: Merchant,
  attempt: AttemptNumber,
  creation: 'in_flight' | 'settled',
  until: AbortSignal,
): Promise<Trade> {
  const waitMs = Math.min(madeAt(attempt) + closableAfterMs - now(), closableAfterMs)
  if (waitMs <= 0) {
    await call(
      '/pay/closeorder',
      { out_trade_no: attempt },
      AbortSignal.any([until, AbortSignal.timeout(timeoutMs / 2)]),
    )
    return askTrade(call, attempt, creation, until)
  }
  const trade = await askTrade(call, attempt, creation, until)
  return trade.is === 'unknown'
    ? { is: 'unknown', state: 'TOO_EARLY_TO_CLOSE', retryAfterS: Math.ceil(waitMs / 1000) }
    : trade
}
