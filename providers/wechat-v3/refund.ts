import * as z from 'zod'
import type { RefundNumber } from '../../domain/ids.ts'
import type { RefundRequest, RefundState } from '../provider.ts'
import { wechatRefundErrorOf } from '../wechat-states.ts'
import { isSuccess, type Operation, refusalIn } from './client.ts'
import { wireFen } from './creation.ts'
import { isNoSuchRefund, refundStateOf } from './states.ts'

const refundSchema = z.object({
  out_refund_no: z.string(),
  status: z.string(),
  amount: z.object({ refund: z.int(), total: z.int() }),
})

/**
 * Requests a refund. The same number is refunded once, however often it is requested; after a failure the
 * same number must be used again. The answer mostly says `processing`: `askRefund` or the notification has
 * the final word.
 *
 * @see 退款申请 https://pay.weixin.qq.com/doc/v3/merchant/4013071036
 */
export async function makeRefund(
  { call, merchant, until }: Operation,
  request: RefundRequest,
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
  const reply = await call({ method: 'POST', path: '/v3/refund/domestic/refunds', body, until })
  if (reply.is === 'none') return { is: 'unknown', code: reply.code, message: reply.message }
  if (!isSuccess(reply)) return wechatRefundErrorOf(refusalIn(reply))
  const { state, refunded } = readState(reply.body, request.refund)
  return refunded === undefined || refunded === amount.refund ? state : { is: 'unknown', code: 'MISMATCH' }
}

/**
 * Asks how a refund stands. `missing` is WeChat's signed answer that it has none of this number.
 * @see 查询单笔退款 https://pay.weixin.qq.com/doc/v3/merchant/4013071041
 */
export async function askRefund({ call, until }: Operation, refund: RefundNumber): Promise<RefundState> {
  const path = `/v3/refund/domestic/refunds/${encodeURIComponent(refund)}`
  const reply = await call({ method: 'GET', path, until })
  if (reply.is === 'none') return { is: 'unknown', code: reply.code, message: reply.message }
  if (isSuccess(reply)) return readState(reply.body, refund).state
  const { code, message } = refusalIn(reply)
  return isNoSuchRefund(reply.status, code) ? { is: 'missing', code } : { is: 'unknown', code, message }
}

function readState(body: unknown, refund: RefundNumber): { state: RefundState; refunded?: number } {
  const read = refundSchema.safeParse(body)
  if (!read.success) return { state: { is: 'unknown', code: 'UNREADABLE' } }
  if (read.data.out_refund_no !== refund) return { state: { is: 'unknown', code: 'MISMATCH' } }
  return { state: refundStateOf(read.data.status), refunded: read.data.amount.refund }
}
