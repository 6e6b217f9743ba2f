import * as z from 'zod'
import type { RefundNumber } from '../../domain/ids.ts'
import type { RefundRequest, RefundState } from '../provider.ts'
import { type Call, errorCode, isSuccess } from './client.ts'
import type { Merchant } from './config.ts'
import { wireFen } from './creation.ts'
import { isNoSuchRefund, refundErrorOf, refundStateOf } from './states.ts'

const refundSchema = z.object({
  out_refund_no: z.string(),
  status: z.string(),
  amount: z.object({ refund: z.int(), total: z.int() }),
})

/**
 * Asks for the money to go back (退款申请). The same number is refunded once, however often it is asked; after a failure the same number must
 * be used again. The answer mostly says `processing`: `askRefund` or the notification has the final word.
 */
export async function makeRefund(
  call: Call,
  merchant: Merchant,
  request: RefundRequest,
  until: AbortSignal,
): Promise<RefundState> {
  const amount = {
    refund: wireFen(request.amount),
    total: wireFen(request.captured),
    currency: request.currency,
  }
  const body = {
    transaction_id: request.transaction,
    out_refund_no: request.refund,
    notify_url: merchant.notifyUrl,
    amount,
  }
  const answer = await call('POST', '/v3/refund/domestic/refunds', body, until)
  if (answer.heard === 'nothing') return { is: 'unknown', code: answer.code }
  if (!isSuccess(answer)) return refundErrorOf(errorCode(answer))
  const state = readState(answer.body, request.refund)
  return state.refunded === undefined || state.refunded === amount.refund
    ? state.state
    : { is: 'unknown', code: 'MISMATCH' }
}

/** Asks how a refund stands (查询单笔退款). `missing` is WeChat's verified word that it has none of this number. */
export async function askRefund(call: Call, refund: RefundNumber, until: AbortSignal): Promise<RefundState> {
  const answer = await call(
    'GET',
    `/v3/refund/domestic/refunds/${encodeURIComponent(refund)}`,
    undefined,
    until,
  )
  if (answer.heard === 'nothing') return { is: 'unknown', code: answer.code }
  if (isSuccess(answer)) return readState(answer.body, refund).state
  const code = errorCode(answer)
  return { is: isNoSuchRefund(answer.status, code) ? 'missing' : 'unknown', code }
}

function readState(body: unknown, refund: RefundNumber): { state: RefundState; refunded?: number } {
  const read = refundSchema.safeParse(body)
  if (!read.success) return { state: { is: 'unknown', code: 'UNREADABLE' } }
  if (read.data.out_refund_no !== refund) return { state: { is: 'unknown', code: 'MISMATCH' } }
  return { state: refundStateOf(read.data.status), refunded: read.data.amount.refund }
}
