import * as z from 'zod'
import type { RefundNumber } from '../../domain/ids.ts'
import type { RefundRequest, RefundState } from '../provider.ts'
import type { Client } from './client.ts'
import { refundErrorOf } from './states.ts'
import { wireYuan } from './yuan.ts'

const madeSchema = z.object({
  out_trade_no: z.string(),
  trade_no: z.string(),
  fund_change: z.enum(['Y', 'N']).optional(),
})
const foundSchema = z.object({
  out_request_no: z.string().optional(),
  trade_no: z.string().optional(),
  refund_status: z.string().optional(),
})

/**
 * Asks for the money to go back (alipay.trade.refund). The same `out_request_no` is refunded once, however often it is asked. `fund_change: Y`
 * says that this call moved the money; anything else that it did not: moved before, or not yet, and `askRefund` has the final word.
 */
export async function makeRefund(
  { call }: Client,
  request: RefundRequest,
  until: AbortSignal,
): Promise<RefundState> {
  const { refund, attempt, transaction, amount } = request
  const content = {
    trade_no: transaction,
    out_trade_no: attempt,
    refund_amount: wireYuan(amount),
    out_request_no: refund,
  }
  const answer = await call('alipay.trade.refund', content, until)
  if (answer.heard === 'nothing') return { is: 'unknown', code: answer.code }
  if (answer.heard === 'refusal') return refundErrorOf(answer.code, answer.final)
  const made = madeSchema.safeParse(answer.body)
  if (!made.success) return { is: 'unknown', code: 'UNREADABLE' }
  if (made.data.out_trade_no !== attempt || made.data.trade_no !== transaction)
    return { is: 'unknown', code: 'MISMATCH' }
  return made.data.fund_change === 'Y'
    ? { is: 'success', code: 'FUND_CHANGE' }
    : { is: 'processing', code: 'NO_FUND_CHANGE' }
}

/**
 * Asks how a refund stands (alipay.trade.fastpay.refund.query). Without `refund_status: REFUND_SUCCESS` the refund has not succeeded, and may be
 * asked for again under the same number: that is `missing`, also while Alipay is still at it.
 */
export async function askRefund(
  { call }: Client,
  refund: RefundNumber,
  of: Pick<RefundRequest, 'attempt' | 'transaction'>,
  until: AbortSignal,
): Promise<RefundState> {
  const content = { trade_no: of.transaction, out_trade_no: of.attempt, out_request_no: refund }
  const answer = await call('alipay.trade.fastpay.refund.query', content, until)
  if (answer.heard !== 'answer') return { is: 'unknown', code: answer.code }
  const found = foundSchema.safeParse(answer.body)
  if (!found.success) return { is: 'unknown', code: 'UNREADABLE' }
  const { refund_status: status, out_request_no, trade_no } = found.data
  if (status === undefined) return { is: 'missing', code: 'NO_REFUND_STATUS' }
  if (status !== 'REFUND_SUCCESS') return { is: 'processing', code: status }
  return out_request_no === refund && trade_no === of.transaction
    ? { is: 'success', code: status }
    : { is: 'unknown', code: 'MISMATCH' }
}
