import * as z from 'zod'
import type { RefundNumber } from '../../domain/ids.ts'
import type { RefundRequest, RefundState } from '../provider.ts'
import { wechatRefundErrorOf } from '../wechat-states.ts'
import type { Operation } from './client.ts'
import { wireFen } from './native.ts'
import { isNoSuchRefund, refundStateOf } from './states.ts'

const acceptedSchema = z.object({
  out_refund_no: z.string(),
  out_trade_no: z.string(),
  refund_fee: z.string(),
})
const refundSchema = z.object({ out_trade_no: z.string(), refund_count: z.string().optional() })
/** 查询退款 answers with at most this many refunds at a time. */
const maxRefunds = 10

/**
 * Requests a refund, with the merchant's certificate. The same number is refunded once, however often it is
 * requested; after a failure the same number must be used again. Accepted is not done: `askRefund` has the
 * final word.
 *
 * @see 申请退款 https://pay.weixin.qq.com/wiki/doc/api/native.php?chapter=9_4
 */
export async function makeRefund(
  { call, merchant, until }: Operation,
  request: RefundRequest,
): Promise<RefundState> {
  const refund_fee = wireFen(request.amount)
  const body = {
    transaction_id: request.transaction,
    out_refund_no: request.refund,
    total_fee: wireFen(request.captured),
    refund_fee,
    refund_fee_type: request.currency,
    notify_url: merchant.notifyUrl,
  }
  const reply = await call('/secapi/pay/refund', body, until)
  if (reply.is === 'none') return { is: 'unknown', code: reply.code, message: reply.message }
  if (reply.is === 'refusal') return wechatRefundErrorOf(reply)
  const read = acceptedSchema.safeParse(reply.fields)
  if (!read.success) return { is: 'unknown', code: 'UNREADABLE' }
  const { out_refund_no, out_trade_no, refund_fee: accepted } = read.data
  const same = out_refund_no === request.refund && out_trade_no === request.attempt && accepted === refund_fee
  return same ? { is: 'processing', code: 'ACCEPTED' } : { is: 'unknown', code: 'MISMATCH' }
}

/**
 * Asks how a refund stands, by its number. `missing` is WeChat's signed answer that it has none of this
 * number.
 * @see 查询退款 https://pay.weixin.qq.com/wiki/doc/api/native.php?chapter=9_5
 */
export async function askRefund(
  { call, until }: Operation,
  refund: RefundNumber,
  of: Pick<RefundRequest, 'attempt'>,
): Promise<RefundState> {
  const reply = await call('/pay/refundquery', { out_refund_no: refund }, until)
  if (reply.is === 'none') return { is: 'unknown', code: reply.code, message: reply.message }
  if (reply.is === 'refusal') {
    const { code, message } = reply
    return isNoSuchRefund(code) ? { is: 'missing', code } : { is: 'unknown', code, message }
  }
  const { fields } = reply
  const read = refundSchema.safeParse(fields)
  if (!read.success) return { is: 'unknown', code: 'UNREADABLE' }
  const at = Array.from({ length: maxRefunds }, (_, n) => n).find(
    (n) => fields[`out_refund_no_${n}`] === refund,
  )
  if (at === undefined || read.data.out_trade_no !== of.attempt) return { is: 'unknown', code: 'MISMATCH' }
  const status = fields[`refund_status_${at}`]
  return status ? refundStateOf(status) : { is: 'unknown', code: 'UNREADABLE' }
}
