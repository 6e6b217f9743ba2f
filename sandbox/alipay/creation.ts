import * as z from 'zod'
import { shanghaiMs } from './signature.ts'

/** `19.9`, `19.90` or 19.9: yuan, kept with two decimals. */
export const amountSchema = z
  .union([z.string(), z.number()])
  .transform((amount) => String(amount))
  .pipe(z.string().regex(/^\d{1,9}(?:\.\d{1,2})?$/))
  .transform((text) => {
    const [whole = '', part = ''] = text.split('.')
    return `${BigInt(whole)}.${part.padEnd(2, '0')}`
  })
  .refine((text) => text !== '0.00', 'must not be 0')

const goodsSchema = z.object({
  goods_id: z.string().max(64),
  goods_name: z.string().max(256),
  quantity: z.union([z.string(), z.number()]),
  price: z.union([z.string(), z.number()]),
})

/**
 * What alipay.trade.page.pay and alipay.trade.precreate must and may carry.
 * @see 统一收单下单并支付页面接口 https://opendocs.alipay.com/open/028r8t
 */
export const creationSchema = z.strictObject({
  out_trade_no: z.string().regex(/^\w{1,64}$/),
  total_amount: amountSchema,
  subject: z.string().regex(/^[^/=&]{1,256}$/),
  product_code: z.enum(['FAST_INSTANT_TRADE_PAY', 'FACE_TO_FACE_PAYMENT', 'QR_CODE_OFFLINE']).optional(),
  body: z.string().max(128).optional(),
  time_expire: z
    .string()
    .regex(/^\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?$/)
    .optional(),
  timeout_express: z
    .string()
    .regex(/^(?:[1-9]\d*[mhd]|1c)$/)
    .optional(),
  passback_params: z.string().max(512).optional(),
  seller_id: z.string().max(28).optional(),
  store_id: z.string().max(32).optional(),
  operator_id: z.string().max(28).optional(),
  terminal_id: z.string().max(32).optional(),
  merchant_order_no: z.string().max(32).optional(),
  goods_detail: z.array(goodsSchema).optional(),
  extend_params: z.record(z.string(), z.unknown()).optional(),
  business_params: z.unknown().optional(),
  discountable_amount: amountSchema.optional(),
  undiscountable_amount: amountSchema.optional(),
  qr_pay_mode: z.string().optional(),
  qrcode_width: z.union([z.string(), z.number()]).optional(),
  integration_type: z.enum(['ALIAPP', 'PCWEB']).optional(),
  request_from_url: z.string().max(256).optional(),
})
export type CreationRequest = z.infer<typeof creationSchema>

const dayMs = 86_400_000
const units: Record<string, number> = { m: 60_000, h: 3_600_000, d: dayMs }
/** Without a time of its own a trade can be paid for 15 days. */
const longestMs = 15 * dayMs

/**
 * Until when a trade can be paid, ms since 1970: `time_expire`, else `timeout_express` from now (`1c`: till
 * the end of the day).
 */
export function expiryOf({ time_expire, timeout_express }: CreationRequest, now: number): number {
  if (time_expire !== undefined) return shanghaiMs(time_expire)
  if (timeout_express === undefined) return now + longestMs
  const unit = timeout_express.at(-1) ?? ''
  if (unit === 'c') return Math.ceil((now + 8 * 3_600_000) / dayMs) * dayMs - 8 * 3_600_000
  return now + Number(timeout_express.slice(0, -1)) * (units[unit] ?? 0)
}
