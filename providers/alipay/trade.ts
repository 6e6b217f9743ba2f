import * as z from 'zod'
import type { AttemptNumber } from '../../domain/ids.ts'
import type { Fen } from '../../domain/money.ts'
import type { Trade, TradeFacts } from '../provider.ts'
import { parseYuan } from '../yuan.ts'
import type { Client } from './client.ts'
import type { Merchant } from './config.ts'
import { errorMeans, stateMeans } from './states.ts'

/** An amount in yuan, read as fen. */
export const yuanSchema = z.string().transform((text, context): Fen => {
  const amount = parseYuan(text)
  if (amount !== undefined) return amount
  context.addIssue('not an amount in yuan')
  return z.NEVER
})

const stateSchema = z.object({ out_trade_no: z.string(), trade_status: z.string() })

/**
 * A paid trade (alipay.trade.query). `total_amount` is what the order costs; `receipt_amount` may be less by Alipay's own coupons, and is not
 * compared. The buyer is not read, and so not kept.
 */
const paidSchema = z.object({
  out_trade_no: z.string().min(1),
  trade_no: z.string().min(1),
  trade_status: z.enum(['TRADE_SUCCESS', 'TRADE_FINISHED']),
  total_amount: yuanSchema,
})

/** What asking found: a trade, or that Alipay has none, which is for the caller to weigh. */
export type Asked = Trade | { is: 'missing'; state: string }

/** Asks about a trade and reads the answer by the one table. */
export async function askTrade(
  { call }: Client,
  merchant: Merchant,
  attempt: AttemptNumber,
  until: AbortSignal,
): Promise<Asked> {
  const answer = await call('alipay.trade.query', { out_trade_no: attempt }, until)
  if (answer.heard === 'nothing') return { is: 'unknown', state: answer.code }
  if (answer.heard === 'refusal') {
    const means = errorMeans(answer.code, answer.final)
    return { is: means === 'missing' || means === 'closed' ? means : 'unknown', state: answer.code }
  }
  const read = stateSchema.safeParse(answer.body)
  if (!read.success) return { is: 'unknown', state: 'UNREADABLE' }
  const { out_trade_no, trade_status: state } = read.data
  if (out_trade_no !== attempt) return { is: 'unknown', state: 'MISMATCH' }
  if (stateMeans(state) !== 'paid')
    return { is: stateMeans(state) === 'closed' ? 'closed' : 'unknown', state }
  const paid = paidSchema.safeParse(answer.body)
  return paid.success
    ? { is: 'paid', facts: factsOf(paid.data, merchant) }
    : { is: 'unknown', state: 'UNREADABLE' }
}

const factsOf = (paid: z.infer<typeof paidSchema>, { sellerId, appId }: Merchant): TradeFacts => ({
  provider: 'alipay',
  transaction: paid.trade_no,
  // Whether it is one of ours is for the resolver to find out.
  attempt: paid.out_trade_no as AttemptNumber,
  state: paid.trade_status,
  amount: paid.total_amount,
  currency: 'CNY', // It does not say; trades of the mainland's Alipay are in no other.
  // It names neither: it answers this application's signed question, and an application asks about its own seller's trades only.
  merchant: sellerId,
  app: appId,
})

/**
 * For as long as the order waits, "no such trade" is `unknown`: Alipay makes the trade when the buyer opens the form or scans the code, which
 * may be any moment until the deadline. Closing is what settles it.
 */
export const whileWaiting = (asked: Asked): Trade =>
  asked.is === 'missing' ? { is: 'unknown', state: asked.state } : asked

/**
 * For an order that closes, "no such trade" is `closed`, unless its creation is in flight. Past the deadline the form and the code are dead by
 * their own `time_expire`; before it, money that still comes is late, and goes back.
 */
export const whenClosing = (asked: Asked, creation: 'in_flight' | 'settled'): Trade =>
  asked.is === 'missing' && creation === 'settled'
    ? { is: 'closed', state: asked.state }
    : whileWaiting(asked)
