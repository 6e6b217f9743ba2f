import * as z from 'zod'
import type { Fen } from '../../domain/money.ts'
import type { OpenAnswer } from '../../domain/payment.ts'
import { shanghaiRfc3339 } from '../../domain/shanghai-time.ts'
import type { Opened, OpenRequest } from '../provider.ts'
import { isSuccess, type Operation, refusalIn } from './client.ts'
import type { Merchant } from './config.ts'
import { jsapiAnswer } from './jsapi.ts'
import { askTrade } from './trade.ts'

/**
 * One payment product: where its trades are made, what they carry of the buyer, and what the buyer gets to
 * pay with.
 */
type Product = {
  path: string
  /** How long the buyer can use the answer, ms (code_url, prepay_id: 有效期为2小时; h5_url: 有效期为5分钟). */
  goodForMs: number
  /** `missing` is a refusal before any call. */
  payer(payer: OpenRequest['payer']): { carries: object } | { missing: string }
  read(merchant: Merchant, body: unknown): OpenAnswer | undefined
}

const nativeSchema = z.object({ code_url: z.string().min(1) })
const jsapiSchema = z.object({ prepay_id: z.string().min(1) })
const h5Schema = z.object({ h5_url: z.url({ protocol: /^https?$/ }) })
const maxDescription = 127
const hourMs = 3_600_000

const products = {
  /** Native下单 https://pay.weixin.qq.com/doc/v3/merchant/4012791877 */
  native: {
    path: '/v3/pay/transactions/native',
    goodForMs: 2 * hourMs,
    payer: () => ({ carries: {} }),
    read(_, body) {
      const { data } = nativeSchema.safeParse(body)
      return data && { kind: 'qr', qr: data.code_url }
    },
  },
  /** JSAPI/小程序下单 https://pay.weixin.qq.com/doc/v3/merchant/4012791856 */
  jsapi: {
    path: '/v3/pay/transactions/jsapi',
    goodForMs: 2 * hourMs,
    payer: ({ openid }) => (openid ? { carries: { payer: { openid } } } : { missing: 'OPENID_MISSING' }),
    read(merchant, body) {
      const { data } = jsapiSchema.safeParse(body)
      return data && jsapiAnswer(merchant, data.prepay_id)
    },
  },
  /** H5下单 https://pay.weixin.qq.com/doc/v3/merchant/4012791834 */
  h5: {
    path: '/v3/pay/transactions/h5',
    goodForMs: hourMs / 12,
    payer: ({ ip }) =>
      ip
        ? { carries: { scene_info: { payer_client_ip: ip, h5_info: { type: 'Wap' } } } }
        : { missing: 'CLIENT_IP_MISSING' },
    read(_, body) {
      const { data } = h5Schema.safeParse(body)
      return data && { kind: 'url', url: data.h5_url }
    },
  },
} satisfies Record<string, Product>

const productOf = (name: OpenRequest['product']): Product | undefined =>
  name === 'native' || name === 'jsapi' || name === 'h5' ? products[name] : undefined

/**
 * Creates a trade. The same request sends the same parameters byte for byte, so that a creation whose answer
 * was lost can be repeated. A refusal of this call doesn't say that an earlier one made no trade, so before
 * `refused` the trade itself is asked for.
 */
export async function openTrade(operation: Operation, request: OpenRequest): Promise<Opened> {
  const { call, merchant, until } = operation
  const product = productOf(request.product)
  if (!product) return { is: 'refused', code: 'PRODUCT_UNKNOWN' }
  const payer = product.payer(request.payer)
  if ('missing' in payer) return { is: 'refused', code: payer.missing }
  const body = { ...tradeBody(merchant, request), ...payer.carries }
  const reply = await call({ method: 'POST', path: product.path, body, until })
  if (reply.is === 'none') return { is: 'unknown', code: reply.code, message: reply.message }
  if (isSuccess(reply)) {
    const answer = product.read(merchant, reply.body)
    return answer
      ? { is: 'open', answer, goodForMs: product.goodForMs }
      : { is: 'unknown', code: 'UNREADABLE' }
  }
  const refusal = refusalIn(reply, [request.payer.openid, request.payer.ip])
  if (refusal.code === 'ORDERPAID' || refusal.code === 'ORDER_PAID') return { is: 'paid' }
  const passing = reply.status === 429 || reply.status < 400 || reply.status >= 500
  if (passing) return { is: 'unknown', ...refusal }
  const trade = await askTrade(operation, { attempt: request.attempt, creation: 'settled' })
  if (trade.is === 'paid') return { is: 'paid' }
  return { is: trade.is === 'closed' ? 'refused' : 'unknown', ...refusal }
}

const tradeBody = (
  merchant: Merchant,
  { attempt, amount, currency, description, attach, expiresAt }: OpenRequest,
) => ({
  appid: merchant.appId,
  mchid: merchant.mchId,
  description: Array.from(description).slice(0, maxDescription).join(''),
  out_trade_no: attempt,
  time_expire: shanghaiRfc3339(expiresAt.getTime()),
  attach,
  notify_url: merchant.notifyUrl,
  amount: { total: wireFen(amount), currency },
})

/**
 * Fen as a JSON number.
 * @throws {RangeError} when it is no positive amount or would lose a digit: a fault of the caller
 */
export function wireFen(amount: Fen): number {
  if (amount <= 0n || amount > BigInt(Number.MAX_SAFE_INTEGER))
    throw new RangeError(`wechat-v3 can't carry ${amount} fen`)
  return Number(amount)
}
