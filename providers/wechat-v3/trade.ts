import * as z from 'zod'
import type { AttemptNumber } from '../../domain/ids.ts'
import { fen } from '../../domain/money.ts'
import { failed } from '../meaning.ts'
import type { Trade, TradeFacts } from '../provider.ts'
import { isSuccess, type Operation, refusalIn } from './client.ts'
import { errorMeans, stateMeans } from './states.ts'

const stateSchema = z.object({ out_trade_no: z.string(), trade_state: z.string() })

/**
 * A paid trade, in queries and notifications alike. `amount.total` is what the order costs; `payer_total` is
 * less when WeChat's own coupons paid a part, and is not compared. The payer is not read, and so not kept.
 */
export const paidSchema = z.object({
  appid: z.string().min(1),
  mchid: z.string().min(1),
  out_trade_no: z.string().min(1),
  transaction_id: z.string().min(1),
  trade_state: z.literal('SUCCESS'),
  amount: z.object({ total: z.int().nonnegative(), currency: z.string().default('CNY') }),
})

/** The facts of a paid trade. */
export const factsOf = (paid: z.infer<typeof paidSchema>): TradeFacts => ({
  provider: 'wechat-v3',
  transaction: paid.transaction_id,
  // Whether it is one of ours is for the resolver to find out.
  attempt: paid.out_trade_no as AttemptNumber,
  state: paid.trade_state,
  amount: fen(paid.amount.total),
  currency: paid.amount.currency,
  merchant: paid.mchid,
  app: paid.appid,
})

/** Which trade is asked about, and whether a call that creates it may still be under way. */
export type Asked = { attempt: AttemptNumber; creation: 'in_flight' | 'settled' }

const pathOf = (attempt: AttemptNumber): string =>
  `/v3/pay/transactions/out-trade-no/${encodeURIComponent(attempt)}`

/**
 * Asks about a trade and reads the answer by the one table (states.ts).
 * @see 商户订单号查询订单 https://pay.weixin.qq.com/doc/v3/merchant/4012791880
 */
export async function askTrade(
  { call, merchant, until }: Operation,
  { attempt, creation }: Asked,
): Promise<Trade> {
  const path = `${pathOf(attempt)}?mchid=${encodeURIComponent(merchant.mchId)}`
  const reply = await call({ method: 'GET', path, until })
  if (reply.is === 'none') return failed(reply)
  if (!isSuccess(reply)) {
    const { code: state, message } = refusalIn(reply)
    const means = errorMeans(reply.status, state)
    const closed = means === 'closed' || (means === 'missing' && creation === 'settled')
    return closed ? { is: 'closed', state } : failed({ code: state, message })
  }
  const read = stateSchema.safeParse(reply.body)
  if (!read.success) return failed({ code: 'UNREADABLE' })
  const { out_trade_no, trade_state: state } = read.data
  if (out_trade_no !== attempt) return failed({ code: 'MISMATCH' })
  const means = stateMeans(state)
  if (means !== 'paid') return { is: means === 'closed' ? 'closed' : 'unknown', state }
  const paid = paidSchema.safeParse(reply.body)
  return paid.success ? { is: 'paid', facts: factsOf(paid.data) } : failed({ code: 'UNREADABLE' })
}

/**
 * Closes a trade, then asks: what asking finds is the result, whatever closing answered (204, paid, closed
 * before, no such trade, nothing).
 * @see 关闭订单 https://pay.weixin.qq.com/doc/v3/merchant/4012791881
 */
export async function closeTrade(operation: Operation, asked: Asked): Promise<Trade> {
  const { call, merchant, until } = operation
  const half = AbortSignal.any([until, AbortSignal.timeout(merchant.timeoutMs / 2)])
  await call({
    method: 'POST',
    path: `${pathOf(asked.attempt)}/close`,
    body: { mchid: merchant.mchId },
    until: half,
  })
  return askTrade(operation, asked)
}
