import { Aes, Formatter, Rsa } from 'wechatpay-axios-plugin'
import * as z from 'zod'
import type { AttemptNumber, RefundNumber } from '../../domain/ids.ts'
import { fen } from '../../domain/money.ts'
import { NotificationRejected, type Notified } from '../provider.ts'
import type { Merchant } from './config.ts'
import { factsOf, paidSchema } from './trade.ts'

const maxAgeSeconds = 300

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
 * Reads notifications (支付成功通知, 退款结果通知): the serial must be one of ours (验证签名), the time stamp within 300 s, the signature over the
 * body as it came; only then it is decrypted (证书和回调报文解密) and read. Throws `NotificationRejected`; WeChat then sends it again.
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
      case 'REFUND.CLOSED': {
        const notice = readAs(refundNoticeSchema, plain)
        return {
          is: 'refund',
          facts: {
            provider: 'wechat-v3',
            transaction: notice.transaction_id,
            // Whether they are ours is for the resolver of refunds to find out.
            attempt: notice.out_trade_no as AttemptNumber,
            refund: notice.out_refund_no as RefundNumber,
            state: notice.refund_status,
            amount: fen(notice.amount.refund),
            currency: 'CNY', // It does not say; Native trades are in no other.
            merchant: notice.mchid,
            app: merchant.appId, // It does not say; it was encrypted with this merchant's key.
          },
        }
      }
      default:
        return { is: 'other', type }
    }
  }
}

function verify({ platformKeys, now }: Merchant, headers: Headers, body: string): void {
  const key = platformKeys.get(headers.get('Wechatpay-Serial') ?? '')
  if (!key) throw new NotificationRejected('serial')
  const timestamp = headers.get('Wechatpay-Timestamp') ?? ''
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now() / 1000 - Number(timestamp)) > maxAgeSeconds)
    throw new NotificationRejected('timestamp')
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
