import { Aes, Formatter, Rsa } from 'wechatpay-axios-plugin'
import * as z from 'zod'
import type { AttemptNumber, RefundNumber } from '../../domain/ids.ts'
import { fen } from '../../domain/money.ts'
import { NotificationRejected, type Notified, type RefundFacts } from '../provider.ts'
import { canonicalSerial } from '../wechat-serial.ts'
import type { Merchant } from './config.ts'
import { factsOf, paidSchema } from './trade.ts'

const maxAgeSeconds = 300
const signatureType = 'WECHATPAY2-SHA256-RSA2048'

const envelopeSchema = z.object({
  event_type: z.string().min(1),
  resource: z.object({
    algorithm: z.literal('AEAD_AES_256_GCM'),
    ciphertext: z.string().min(1),
    nonce: z.string().min(1),
    associated_data: z.string().default(''),
  }),
})
const refundNoticeSchema = z.object({
  mchid: z.string().min(1),
  out_refund_no: z.string().min(1),
  out_trade_no: z.string().min(1),
  transaction_id: z.string().min(1),
  refund_status: z.string().min(1),
  amount: z.object({ refund: z.int().nonnegative() }),
})

/**
 * Reads notifications: the serial must be that of a key we hold, the time stamp within 300 s, and the
 * signature must fit the body as it came; only then it is decrypted and read.
 *
 * @throws {NotificationRejected} `serial`, `timestamp`, `signature` or `body`; WeChat then sends it again
 * @see 支付成功回调通知 https://pay.weixin.qq.com/doc/v3/merchant/4012791882
 * @see 退款结果通知 https://pay.weixin.qq.com/doc/v3/merchant/4013071196
 * @see 如何解密回调报文 https://pay.weixin.qq.com/doc/v3/merchant/4012071382
 */
export function notificationReader(
  merchant: Merchant,
): (headers: Headers, body: string) => Promise<Notified> {
  return async (headers, body) => {
    verify(merchant, headers, body)
    const { event_type: type, resource } = readAs(envelopeSchema, body)
    const plain = decrypt(merchant, resource)
    switch (type) {
      case 'TRANSACTION.SUCCESS':
        return { is: 'payment', facts: factsOf(readAs(paidSchema, plain)) }
      case 'REFUND.SUCCESS':
      case 'REFUND.ABNORMAL':
      case 'REFUND.CLOSED':
        return { is: 'refund', facts: refundFacts(merchant, readAs(refundNoticeSchema, plain)) }
      default:
        return { is: 'other', type }
    }
  }
}

const refundFacts = ({ appId }: Merchant, notice: z.infer<typeof refundNoticeSchema>): RefundFacts => ({
  provider: 'wechat-v3',
  transaction: notice.transaction_id,
  // Whether they are ours is for the resolver of refunds to find out.
  attempt: notice.out_trade_no as AttemptNumber,
  refund: notice.out_refund_no as RefundNumber,
  state: notice.refund_status,
  amount: fen(notice.amount.refund),
  currency: 'CNY', // It does not say; our trades are in no other.
  merchant: notice.mchid,
  app: appId, // It does not say; it was encrypted with this merchant's key.
})

function verify({ platformKeys, now }: Merchant, headers: Headers, body: string): void {
  const key = platformKeys.get(canonicalSerial(headers.get('Wechatpay-Serial') ?? ''))
  if (!key) throw new NotificationRejected('serial')
  const timestamp = headers.get('Wechatpay-Timestamp') ?? ''
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now() / 1000 - Number(timestamp)) > maxAgeSeconds)
    throw new NotificationRejected('timestamp')
  if ((headers.get('Wechatpay-Signature-Type') ?? signatureType) !== signatureType)
    throw new NotificationRejected('signature')
  const signed = Formatter.response(timestamp, headers.get('Wechatpay-Nonce') ?? '', body)
  if (!Rsa.verify(signed, headers.get('Wechatpay-Signature') ?? '', key))
    throw new NotificationRejected('signature')
}

function decrypt(
  { apiKey }: Merchant,
  { ciphertext, nonce, associated_data }: z.infer<typeof envelopeSchema>['resource'],
): string {
  try {
    return Aes.AesGcm.decrypt(ciphertext, apiKey, nonce, associated_data)
  } catch {
    throw new NotificationRejected('body')
  }
}

function readAs<T>(schema: z.ZodType<T>, text: string): T {
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    throw new NotificationRejected('body')
  }
}
