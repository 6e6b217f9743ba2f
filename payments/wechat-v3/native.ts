import * as z from 'zod'
import type { Fen } from '../../domain/money.ts'
import type { Opened, OpenRequest } from '../provider.ts'
import { type Call, errorCode, isSuccess } from './client.ts'
import type { Merchant } from './config.ts'
import { askTrade } from './trade.ts'

const openedSchema = z.object({ code_url: z.string().min(1) })
const maxDescription = 127

/**
 * Creates a Native trade (Native下单). The same request sends the same parameters byte for byte, so that a creation whose answer was lost can
 * be repeated. A refusal of this call doesn't say that an earlier one made no trade, so before `refused` the trade itself is asked for.
 */
export async function openTrade(call: Call, merchant: Merchant, request: OpenRequest, until: AbortSignal): Promise<Opened> {
  const answer = await call('POST', '/v3/pay/transactions/native', nativeBody(merchant, request), until)
  if (answer.heard === 'nothing') return { is: 'unknown', code: answer.code }
  if (isSuccess(answer)) {
    const opened = openedSchema.safeParse(answer.body)
    return opened.success ? { is: 'open', answer: { kind: 'qr', qr: opened.data.code_url } } : { is: 'unknown', code: 'UNREADABLE' }
  }
  const code = errorCode(answer)
  if (code === 'ORDERPAID' || code === 'ORDER_PAID') return { is: 'paid' }
  if (answer.status === 429 || answer.status < 400 || answer.status >= 500) return { is: 'unknown', code }
  const trade = await askTrade(call, merchant, request.attempt, 'settled', until)
  if (trade.is === 'paid') return { is: 'paid' }
  return { is: trade.is === 'closed' ? 'refused' : 'unknown', code }
}

const nativeBody = (merchant: Merchant, { attempt, amount, currency, description, attach, expiresAt }: OpenRequest) => ({
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
const beijingTime = (time: Date): string => `${new Date(time.getTime() + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`

/** Fen as a JSON number. Throws when it is no positive amount or would lose a digit: a fault of the caller, not of WeChat. */
export function wireFen(amount: Fen): number {
  if (amount <= 0n || amount > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError(`wechat-v3 can't carry ${amount} fen`)
  return Number(amount)
}
