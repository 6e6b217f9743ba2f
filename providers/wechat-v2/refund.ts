import * as z from 'zod'
import type { RefundNumber } from '../../domain/ids.ts'
import type { RefundRequest, RefundState } from '../provider.ts'
import type { Call } from './client.ts'
import type { Merchant } from './config.ts'
import { wireFen } from './native.ts'
import { refundErrorOf, refundQueryErrorOf, refundStateOf } from './states.ts'

const acceptedSchema = z.object({
  out_refund_no: z.string(),
  out_trade_no: z.string(),
  refund_fee: z.string(),
})
const refundSchema = z.object({ out_trade_no: z.string(), refund_count: z.string().optional() })
/** 查询退款 answers with at most this many refunds at a time. */
const maxRefunds = 10

/**
 * Asks for the money to go back (申请退款), with the merchant's certificate. The same number is refunded once, however often it is asked;
 * after a failure the same number must be used again. Taken is not done: `askRefund` has the final word.
 */
export async function makeRefund(
  call: Call,
  merchant: Merchant,
  request: RefundRequest,
  until: AbortSignal,
): Promise<RefundState> {
  const refund_fee = wireFen(request.amount)
  const answer = await call(
    '/secapi/pay/refund',
    {
      transaction_id: request.transaction,
      out_refund_no: request.refund,
      total_fee: wireFen(request.captured),
      refund_fee,
      refund_fee_type: request.currency,
      notify_url: merchant.notifyUrl,
    },
    until,
  )
  if (answer.heard === 'nothing') return { is: 'unknown', code: answer.code }
  if (answer.heard === 'refusal') return refundErrorOf(answer.code)
  const read = acceptedSchema.safeParse(answer.fields)
  if (!read.success) return { is: 'unknown', code: 'UNREADABLE' }
  const { out_refund_no, out_trade_no, refund_fee: taken } = read.data
  const same = out_refund_no === request.refund && out_trade_no === request.attempt && taken === refund_fee
  return same ? { is: 'processing', code: 'ACCEPTED' } : { is: 'unknown', code: 'MISMATCH' }
}

/** Asks how a refund stands (查询退款), by its number. `missing` is WeChat's signed word that it has none of this number. */
export async function askRefund(
  call: Call,
  refund: RefundNumber,
  of: Pick<RefundRequest, 'attempt'>,
  until: AbortSignal,
): Promise<RefundState> {
  const answer = await call('/pay/refundquery', { out_refund_no: refund }, until)
  if (answer.heard === 'nothing') return { is: 'unknown', code: answer.code }
  if (answer.heard === 'refusal') return refundQueryErrorOf(answer.code)
  const { fields } = answer
  const read = refundSchema.safeParse(fields)
  if (!read.success) return { is: 'unknown', code: 'UNREADABLE' }
  const at = Array.from({ length: maxRefunds }, (_, n) => n).find(
    (n) => fields[`out_refund_no_${n}`] === refund,
  )
  if (at === undefined || read.data.out_trade_no !== of.attempt) return { is: 'unknown', code: 'MISMATCH' }
  const status = fields[`refund_status_${at}`]
  return status ? refundStateOf(status) : { is: 'unknown', code: 'UNREADABLE' }
}
