import { createDecipheriv } from 'node:crypto'
import * as z from 'zod'
import type { AttemptNumber, RefundNumber } from '../../domain/ids.ts'
import { fen } from '../../domain/money.ts'
import { NotificationRejected, type Notified, type RefundFacts } from '../provider.ts'
import { isAmbiguous } from '../signed-text.ts'
import type { Merchant } from './config.ts'
import { isSigned, signedFields } from './sign.ts'
import { factsOf, wholeFen } from './trade.ts'
import { type Fields, readXml } from './xml.ts'

const refundNoticeSchema = z.object({
  out_refund_no: z.string().min(1),
  out_trade_no: z.string().min(1),
  transaction_id: z.string().min(1),
  refund_status: z.string().min(1),
  refund_fee: wholeFen,
})

/**
 * Reads notifications of this merchant and app: a payment by its sign, a refund by what only WeChat and we
 * can encrypt. They carry no time stamp: one that is posted again repeats what was stored once.
 *
 * @throws {NotificationRejected} `signature`, `merchant` or `body`; WeChat then sends it again
 * @see 支付结果通知 https://pay.weixin.qq.com/wiki/doc/api/native.php?chapter=9_7
 * @see 退款结果通知 https://pay.weixin.qq.com/wiki/doc/api/native.php?chapter=9_16
 */
export function notificationReader(
  merchant: Merchant,
): (headers: Headers, body: string) => Promise<Notified> {
  return async (_, body) => {
    const fields = readXml(body, 'xml')
    if (fields?.return_code !== 'SUCCESS') throw new NotificationRejected('body')
    return fields.req_info === undefined
      ? payment(merchant, fields)
      : { is: 'refund', facts: refund(merchant, fields, fields.req_info) }
  }
}

function payment(merchant: Merchant, fields: Fields): Notified {
  if (!isSigned(merchant, fields) || isAmbiguous(signedFields(fields)))
    throw new NotificationRejected('signature')
  checkOwner(merchant, fields)
  if (fields.result_code !== 'SUCCESS') return { is: 'other', type: fields.err_code || 'RESULT_CODE_FAIL' }
  const facts = factsOf(fields)
  // An answer to a query is signed with the same key, and may report a trade that is paid no more.
  const otherState = fields.trade_state !== undefined && fields.trade_state !== 'SUCCESS'
  if (!facts || otherState) throw new NotificationRejected('body')
  return { is: 'payment', facts }
}

/**
 * It carries no sign, and blocks of ECB can be rearranged: it is only a hint, and the refund is asked for.
 */
function refund(merchant: Merchant, fields: Fields, sealed: string): RefundFacts {
  checkOwner(merchant, fields)
  const read = refundNoticeSchema.safeParse(readXml(unsealed(merchant, sealed), 'root'))
  if (!read.success) throw new NotificationRejected('body')
  const { data: notice } = read
  return {
    provider: 'wechat-v2',
    transaction: notice.transaction_id,
    // Whether they are ours is for the resolver of refunds to find out.
    attempt: notice.out_trade_no as AttemptNumber,
    refund: notice.out_refund_no as RefundNumber,
    state: notice.refund_status,
    amount: fen(notice.refund_fee),
    currency: 'CNY', // It does not say; our trades are in no other.
    merchant: merchant.mchId,
    app: merchant.appId,
  }
}

/** The plugin would take wrong padding for a part of the text. */
function unsealed({ noticeKey }: Merchant, sealed: string): string {
  try {
    const decipher = createDecipheriv('aes-256-ecb', noticeKey, null)
    return Buffer.concat([decipher.update(sealed, 'base64'), decipher.final()]).toString()
  } catch {
    throw new NotificationRejected('signature')
  }
}

function checkOwner({ mchId, appId }: Merchant, { mch_id, appid }: Fields): void {
  if (mch_id !== mchId || appid !== appId) throw new NotificationRejected('merchant')
}
