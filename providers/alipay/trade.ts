import * as z from 'zod'
import type { AttemptNumber } from '../../domain/ids.ts'
import type { Fen } from '../../domain/money.ts'
import { failed } from '../meaning.ts'
import type { Trade, TradeFacts } from '../provider.ts'
import { fenOfYuan } from '../yuan.ts'
import type { Operation } from './client.ts'
import type { Merchant } from './config.ts'
import { errorMeans, stateMeans } from './states.ts'

/** An amount in yuan, read as fen. */
export const yuanSchema = z.string().transform((text, context): Fen => {
  const amount = fenOfYuan(text, 'plain')
  if (amount !== undefined) return amount
  context.addIssue('not an amount in yuan')
  return z.NEVER
})

const stateSchema = z.object({ out_trade_no: z.string(), trade_status: z.string() })

/**
 * A paid trade. `total_amount` is what the order costs; `receipt_amount` may be less by Alipay's own coupons,
 * and is not compared. The buyer is not read, and so not kept.
 */
const paidSchema = z.object({
  out_trade_no: z.string().min(1),
  trade_no: z.string().min(1),
  trade_status: z.enum(['TRADE_SUCCESS', 'TRADE_FINISHED']),
  total_amount: yuanSchema,
})

/** What asking found: a trade, or that Alipay has none, which the caller has to weigh. */
export type Found = Trade | { is: 'missing'; state: string }

/**
 * Asks about a trade and reads the answer by the one table (states.ts).
 * @see 统一收单交易查询 alipay.trade.query https://opendocs.alipay.com/open/028woa
 */
export async function askTrade(
  { client, merchant, until }: Operation,
  attempt: AttemptNumber,
): Promise<Found> {
  const reply = await client.call('alipay.trade.query', { out_trade_no: attempt }, until)
  if (reply.is === 'none') return failed(reply)
  if (reply.is === 'refusal') {
    const { code: state, message, final } = reply
    const means = errorMeans(state, final)
    return means === 'missing' || means === 'closed' ? { is: means, state } : failed({ code: state, message })
  }
  const read = stateSchema.safeParse(reply.body)
  if (!read.success) return failed({ code: 'UNREADABLE' })
  const { out_trade_no, trade_status: state } = read.data
  if (out_trade_no !== attempt) return failed({ code: 'MISMATCH' })
  const means = stateMeans(state)
  if (means !== 'paid') return { is: means === 'closed' ? 'closed' : 'unknown', state }
  const paid = paidSchema.safeParse(reply.body)
  return paid.success ? { is: 'paid', facts: factsOf(paid.data, merchant) } : failed({ code: 'UNREADABLE' })
}

const factsOf = (paid: z.infer<typeof paidSchema>, { sellerId, appId }: Merchant): TradeFacts => ({
  provider: 'alipay',
  transaction: paid.trade_no,
  // Whether it is one of ours is for the resolver to find out.
  attempt: paid.out_trade_no as AttemptNumber,
  state: paid.trade_status,
  amount: paid.total_amount,
  currency: 'CNY', // It does not say; trades of the mainland's Alipay are in no other.
  // It names neither: it answers this application's signed request, which sees its own seller's trades only.
  merchant: sellerId,
  app: appId,
})

/**
 * While the order waits, "no such trade" is `unknown`: Alipay creates the trade when the buyer opens the form
 * or scans the code, which may be any moment until the deadline. Closing is what settles it.
 */
export const whileWaiting = (found: Found): Trade =>
  found.is === 'missing' ? { is: 'unknown', state: found.state } : found

/**
 * For an order that closes, "no such trade" is `closed`, unless its creation is in flight. Past the deadline
 * form and code are dead by their own `time_expire`; before it, money that still comes is late, and goes
 * back.
 */
export const whenClosing = (found: Found, creation: 'in_flight' | 'settled'): Trade =>
  found.is === 'missing' && creation === 'settled'
    ? { is: 'closed', state: found.state }
    : whileWaiting(found)
