import * as z from 'zod'
import type { AttemptNumber } from '../../domain/ids.ts'
import { fen } from '../../domain/money.ts'
import type { Trade, TradeFacts } from '../provider.ts'
import { type Call, errorCode, isSuccess } from './client.ts'
import type { Merchant } from './config.ts'
import { errorMeans, stateMeans } from './states.ts'

const stateSchema = z.object({ out_trade_no: z.string(), trade_state: z.string() })

/**
 * A paid trade, in queries and notifications alike (商户订单号查询订单, 支付成功通知). `amount.total` is what the order costs; `payer_total`
 * is less when WeChat's own coupons paid a part, and is not compared. The payer is not read, and so not kept.
 */
export const paidSchema = z.object({
  appid: z.string().min(1),
  mchid: z.string().min(1),
  out_trade_no: z.string().min(1),
  transaction_id: z.string().min(1),
  trade_state: z.literal('SUCCESS'),
  amount: z.object({ total: z.int().nonnegative(), currency: z.string().default('CNY') }),
})

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

/** Asks about a trade (商户订单号查询订单) and reads the answer by the one table. */
export async function askTrade(
  call: Call,
  merchant: Merchant,
  attempt: AttemptNumber,
  creation: 'in_flight' | 'settled',
  until: AbortSignal,
): Promise<Trade> {
  const query = `mchid=${encodeURIComponent(merchant.mchId)}`
  const answer = await call(
    'GET',
    `/v3/pay/transactions/out-trade-no/${encodeURIComponent(attempt)}?${query}`,
    undefined,
    until,
  )
  if (answer.heard === 'nothing') return { is: 'unknown', state: answer.code }
  if (!isSuccess(answer)) {
    const state = errorCode(answer)
    const means = errorMeans(answer.status, state)
    const closed = means === 'closed' || (means === 'missing' && creation === 'settled')
    return { is: closed ? 'closed' : 'unknown', state }
  }
  const read = stateSchema.safeParse(answer.body)
  if (!read.success) return { is: 'unknown', state: 'UNREADABLE' }
  const { out_trade_no, trade_state: state } = read.data
  if (out_trade_no !== attempt) return { is: 'unknown', state: 'MISMATCH' }
  if (stateMeans(state) !== 'paid')
    return { is: stateMeans(state) === 'closed' ? 'closed' : 'unknown', state }
  const paid = paidSchema.safeParse(answer.body)
  return paid.success ? { is: 'paid', facts: factsOf(paid.data) } : { is: 'unknown', state: 'UNREADABLE' }
}
