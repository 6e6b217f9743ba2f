import * as z from 'zod'
import { type AttemptNumber, madeAt } from '../../domain/ids.ts'
import { fen } from '../../domain/money.ts'
import { failed } from '../meaning.ts'
import type { Trade, TradeFacts } from '../provider.ts'
import type { Operation } from './client.ts'
import { errorMeans, stateMeans } from './states.ts'
import type { Fields } from './xml.ts'

export const wholeFen = z.string().regex(/^\d{1,15}$/)

/**
 * A paid trade, in queries and notifications alike. `total_fee` is what the order costs; `cash_fee` is less
 * when WeChat's own coupons paid a part, and is not compared. The payer is not read, and so not kept.
 */
const paidSchema = z.object({
  appid: z.string().min(1),
  mch_id: z.string().min(1),
  out_trade_no: z.string().min(1),
  transaction_id: z.string().min(1),
  total_fee: wholeFen,
  fee_type: z.string().optional(),
})

/** The facts of a paid trade; undefined when a part of them is missing. */
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

/** Which trade is asked about, and whether a call that creates it may still be under way. */
export type Asked = { attempt: AttemptNumber; creation: 'in_flight' | 'settled' }

/**
 * Asks about a trade and reads the answer by the one table (states.ts).
 * @see 查询订单 https://pay.weixin.qq.com/wiki/doc/api/native.php?chapter=9_2
 */
export async function askTrade({ call, until }: Operation, { attempt, creation }: Asked): Promise<Trade> {
  const reply = await call('/pay/orderquery', { out_trade_no: attempt }, until)
  if (reply.is === 'none') return failed(reply)
  if (reply.is === 'refusal') {
    const { code: state, message } = reply
    const means = errorMeans(state)
    const closed = means === 'closed' || (means === 'missing' && creation === 'settled')
    return closed ? { is: 'closed', state } : failed({ code: state, message })
  }
  const { out_trade_no, trade_state: state } = reply.fields
  if (!state) return failed({ code: 'UNREADABLE' })
  if (out_trade_no !== attempt) return failed({ code: 'MISMATCH' })
  const means = stateMeans(state)
  if (means !== 'paid') return { is: means === 'closed' ? 'closed' : 'unknown', state }
  const facts = factsOf(reply.fields)
  return facts ? { is: 'paid', facts } : failed({ code: 'UNREADABLE' })
}

/**
 * Closes a trade, then asks: what asking finds is the result, whatever closing answered. In a trade's first
 * five minutes WeChat closes nothing, so it is only asked about; while it is unsettled, `retryAfterS` says
 * when closing is of use. `time_expire` changes nothing of that: past it the trade takes no money, and stays
 * NOTPAY until it is closed.
 *
 * @see 关闭订单 https://pay.weixin.qq.com/wiki/doc/api/native.php?chapter=9_3
 */
export async function closeTrade(operation: Operation, asked: Asked): Promise<Trade> {
  const { call, merchant, until } = operation
  const { now, timeoutMs, closableAfterMs } = merchant
  const { attempt } = asked
  const waitMs = Math.min(madeAt(attempt) + closableAfterMs - now(), closableAfterMs)
  if (waitMs <= 0) {
    const half = AbortSignal.any([until, AbortSignal.timeout(timeoutMs / 2)])
    await call('/pay/closeorder', { out_trade_no: attempt }, half)
    return askTrade(operation, asked)
  }
  const trade = await askTrade(operation, asked)
  return trade.is === 'unknown'
    ? { ...trade, state: 'TOO_EARLY_TO_CLOSE', retryAfterS: Math.ceil(waitMs / 1000) }
    : trade
}
