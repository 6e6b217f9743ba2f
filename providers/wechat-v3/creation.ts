import * as z from 'zod'
import type { Fen } from '../../domain/money.ts'
import type { OpenAnswer } from '../../domain/payment.ts'
import { inShanghai } from '../../domain/shanghai-time.ts'
import type { Opened, OpenRequest } from '../provider.ts'
import { type Call, errorCode, isSuccess } from './client.ts'
import type { Merchant } from './config.ts'
import { jsapiAnswer } from './jsapi.ts'
import { askTrade } from './trade.ts'

/** One way of paying: where its trades are made, what they carry of the buyer, and what the buyer gets to pay with. */
type Shape = {
  path: string
  /** How long what the buyer gets can be used (code_url, prepay_id: 有效期为2小时; h5_url: 有效期为5分钟). */
  goodForMs: number
  /** Says what is missing, which is a refusal before any call. */
  payer(payer: OpenRequest['payer']): { carries: object } | { missing: string }
  read(merchant: Merchant, body: unknown): OpenAnswer | undefined
}

const nativeSchema = z.object({ code_url: z.string().min(1) })
const jsapiSchema = z.object({ prepay_id: z.string().min(1) })
const h5Schema = z.object({ h5_url: z.url({ protocol: /^https?$/ }) })
const maxDescription = 127
const hourMs = 3_600_000

/** Native下单, JSAPI下单, H5下单. */
const shapes = {
  native: {
    path: '/v3/pay/transactions/native',
    goodForMs: 2 * hourMs,
    payer: () => ({ carries: {} }),
    read(_, body) {
      const { data } = nativeSchema.safeParse(body)
      return data && { kind: 'qr', qr: data.code_url }
    },
  },
  jsapi: {
    path: '/v3/pay/transactions/jsapi',
    goodForMs: 2 * hourMs,
    payer: ({ openid }) => (openid ? { carries: { payer: { openid } } } : { missing: 'OPENID_MISSING' }),
    read(merchant, body) {
      const { data } = jsapiSchema.safeParse(body)
      return data && jsapiAnswer(merchant, data.prepay_id)
    },
  },
  h5: {
    path: '/v3/pay/transactions/h5',
    goodForMs: 5 * 60_000,
    payer: ({ ip }) =>
      ip
        ? { carries: { scene_info: { payer_client_ip: ip, h5_info: { type: 'Wap' } } } }
        : { missing: 'CLIENT_IP_MISSING' },
    read(_, body) {
      const { data } = h5Schema.safeParse(body)
      return data && { kind: 'url', url: data.h5_url }
    },
  },
} satisfies Record<string, Shape>

const shapeOf = (way: OpenRequest['way']): Shape | undefined =>
  way === 'native' || way === 'jsapi' || way === 'h5' ? shapes[way] : undefined

/**
 * Creates a trade (Native下单, JSAPI下单, H5下单). The same request sends the same parameters byte for byte, so that a creation whose answer was
 * lost can be repeated. A refusal of this call doesn't say that an earlier one made no trade, so before `refused` the trade itself is asked for.
 */
export async function openTrade(
  call: Call,
  merchant: Merchant,
  request: OpenRequest,
  until: AbortSignal,
): Promise<Opened> {
  const shape = shapeOf(request.way)
  if (!shape) return { is: 'refused', code: 'WAY_UNKNOWN' }
  const payer = shape.payer(request.payer)
  if ('missing' in payer) return { is: 'refused', code: payer.missing }
  const answer = await call('POST', shape.path, { ...tradeBody(merchant, request), ...payer.carries }, until)
  if (answer.heard === 'nothing') return { is: 'unknown', code: answer.code }
  if (isSuccess(answer)) {
    const given = shape.read(merchant, answer.body)
    return given
      ? { is: 'open', answer: given, goodForMs: shape.goodForMs }
      : { is: 'unknown', code: 'UNREADABLE' }
  }
  const code = errorCode(answer)
  if (code === 'ORDERPAID' || code === 'ORDER_PAID') return { is: 'paid' }
  if (answer.status === 429 || answer.status < 400 || answer.status >= 500) return { is: 'unknown', code }
  const trade = await askTrade(call, merchant, request.attempt, 'settled', until)
  if (trade.is === 'paid') return { is: 'paid' }
  return { is: trade.is === 'closed' ? 'refused' : 'unknown', code }
}

const tradeBody = (
  merchant: Merchant,
  { attempt, amount, currency, description, attach, expiresAt }: OpenRequest,
) => ({
  appid: merchant.appId,
  mchid: merchant.mchId,
  description: Array.from(description).slice(0, maxDescription).join(''),
  out_trade_no: attempt,
  time_expire: beijingTime(expiresAt),
  attach,
  notify_url: merchant.notifyUrl,
  amount: { total: wireFen(amount), currency },
})

/** RFC 3339 in +08:00 as WeChat wants it (Native下单: time_expire); whole seconds, never later than asked. */
const beijingTime = (time: Date): string => `${inShanghai(time.getTime())}+08:00`

/** Fen as a JSON number. Throws when it is no positive amount or would lose a digit: a fault of the caller, not of WeChat. */
export function wireFen(amount: Fen): number {
  if (amount <= 0n || amount > BigInt(Number.MAX_SAFE_INTEGER))
    throw new RangeError(`wechat-v3 can't carry ${amount} fen`)
  return Number(amount)
}
