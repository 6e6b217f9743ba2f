import * as z from 'zod'
import type { RefundNumber } from '../../domain/ids.ts'
import type { RefundRequest, RefundState } from '../provider.ts'
import { alipayYuan } from '../yuan.ts'
import type { Operation } from './client.ts'
import { refundErrorOf } from './states.ts'

const madeSchema = z.object({
  out_trade_no: z.string(),
  trade_no: z.string(),
  fund_change: z.enum(['Y', 'N']).optional(),
})
const foundSchema = z.object({
  out_request_no: z.string().optional(),
  trade_no: z.string().optional(),
  refund_status: z.string().optional(),
  /** 退款执行成功时间 */
  gmt_refund_pay: z.string().min(1).optional(),
})

/**
 * Requests a refund. The same `out_request_no` is refunded once, however often it is requested. `fund_change:
 * Y` says that this call moved the money; anything else that it did not: it moved before, or not yet, and
 * `askRefund` has the final word.
 *
 * @see 统一收单交易退款接口 alipay.trade.refund https://opendocs.alipay.com/open/028sm9
 */
export async function makeRefund({ client, until }: Operation, request: RefundRequest): Promise<RefundState> {
  const { refund, attempt, transaction, amount } = request
  const content = {
    trade_no: transaction,
    out_trade_no: attempt,
    refund_amount: alipayYuan(amount),
    out_request_no: refund,
  }
  const reply = await client.call('alipay.trade.refund', content, until)
  if (reply.is === 'none') return { is: 'unknown', code: reply.code, message: reply.message }
  if (reply.is === 'refusal') return refundErrorOf(reply)
  const made = madeSchema.safeParse(reply.body)
  if (!made.success) return { is: 'unknown', code: 'UNREADABLE' }
  if (made.data.out_trade_no !== attempt || made.data.trade_no !== transaction)
    return { is: 'unknown', code: 'MISMATCH' }
  return made.data.fund_change === 'Y'
    ? { is: 'success', code: 'FUND_CHANGE' }
    : { is: 'processing', code: 'NO_FUND_CHANGE' }
}

/**
 * Asks how a refund stands. `missing`: Alipay names no success, so the refund may be requested again under
 * the same number; also while Alipay is still working on it. Older answers have no `refund_status`; there the
 * time of the success says it, so it is asked for.
 *
 * @see 统一收单交易退款查询 alipay.trade.fastpay.refund.query https://opendocs.alipay.com/open/028sma
 */
export async function askRefund(
  { client, until }: Operation,
  refund: RefundNumber,
  of: Pick<RefundRequest, 'attempt' | 'transaction'>,
): Promise<RefundState> {
  const content = {
    trade_no: of.transaction,
    out_trade_no: of.attempt,
    out_request_no: refund,
    query_options: ['gmt_refund_pay'],
  }
  const reply = await client.call('alipay.trade.fastpay.refund.query', content, until)
  if (reply.is !== 'answer') return { is: 'unknown', code: reply.code, message: reply.message }
  const found = foundSchema.safeParse(reply.body)
  if (!found.success) return { is: 'unknown', code: 'UNREADABLE' }
  const { refund_status, gmt_refund_pay, out_request_no, trade_no } = found.data
  const code = refund_status ?? (gmt_refund_pay === undefined ? undefined : 'REFUND_SUCCESS')
  if (code === undefined) return { is: 'missing', code: 'NO_REFUND_STATUS' }
  if (code !== 'REFUND_SUCCESS') return { is: 'processing', code }
  return out_request_no === refund && trade_no === of.transaction
    ? { is: 'success', code }
    : { is: 'unknown', code: 'MISMATCH' }
}
