import type { Fen } from '../../domain/money.ts'
import { shanghaiDigits } from '../../domain/shanghai-time.ts'
import type { Opened, OpenRequest } from '../provider.ts'
import type { Operation } from './client.ts'
import type { Merchant } from './config.ts'
import { isPassing } from './states.ts'
import { askTrade } from './trade.ts'

const maxDescriptionBytes = 127
/** 统一下单: code_url有效期为2小时. */
const codeGoodForMs = 2 * 3_600_000

/**
 * Creates a Native trade. The same request sends the same parameters, but for the nonce and the sign over it,
 * so that a creation whose answer was lost can be repeated: WeChat gives the QR text again. A refusal of this
 * call doesn't say that an earlier one made no trade (OUT_TRADE_NO_USED, INVALID_REQUEST: 请求重入), so before
 * `refused` the trade itself is asked for.
 *
 * @see 统一下单 https://pay.weixin.qq.com/wiki/doc/api/native.php?chapter=9_1
 */
export async function openTrade(operation: Operation, request: OpenRequest): Promise<Opened> {
  const { call, merchant, until } = operation
  const reply = await call('/pay/unifiedorder', nativeBody(merchant, request), until)
  if (reply.is === 'none') return { is: 'unknown', code: reply.code, message: reply.message }
  if (reply.is === 'answer') {
    const { code_url: qr, trade_type } = reply.fields
    return qr && trade_type === 'NATIVE'
      ? { is: 'open', answer: { kind: 'qr', qr }, goodForMs: codeGoodForMs }
      : { is: 'unknown', code: 'UNREADABLE' }
  }
  const { code, message } = reply
  if (code === 'ORDERPAID') return { is: 'paid' }
  if (isPassing(code)) return { is: 'unknown', code, message }
  const trade = await askTrade(operation, { attempt: request.attempt, creation: 'settled' })
  if (trade.is === 'paid') return { is: 'paid' }
  return { is: trade.is === 'closed' ? 'refused' : 'unknown', code, message }
}

const nativeBody = (
  merchant: Merchant,
  { attempt, amount, currency, description, attach, payer, expiresAt }: OpenRequest,
) => ({
  trade_type: 'NATIVE',
  product_id: attempt, // Native trades must name one; it comes back to us only.
  out_trade_no: attempt,
  body: cut(description, maxDescriptionBytes),
  attach,
  fee_type: currency,
  total_fee: wireFen(amount),
  spbill_create_ip: payer.ip ?? '127.0.0.1',
  time_expire: shanghaiDigits(expiresAt.getTime()),
  notify_url: merchant.notifyUrl,
})

/** As many whole characters as fit into so many bytes of UTF-8. */
function cut(text: string, bytes: number): string {
  let kept = ''
  for (const character of text) {
    if (Buffer.byteLength(kept + character) > bytes) break
    kept += character
  }
  return kept
}

/**
 * Fen as text.
 * @throws {RangeError} when it is no positive amount or too large to be read exactly: a fault of the caller
 */
export function wireFen(amount: Fen): string {
  if (amount <= 0n || amount > BigInt(Number.MAX_SAFE_INTEGER))
    throw new RangeError(`wechat-v2 can't carry ${amount} fen`)
  return amount.toString()
}
