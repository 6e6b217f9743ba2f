import * as z from 'zod'
import type { Opened, OpenRequest } from '../provider.ts'
import type { Client } from './client.ts'
import type { Merchant } from './config.ts'
import { shanghaiTime } from './time.ts'
import { askTrade } from './trade.ts'
import { wireYuan } from './yuan.ts'

const openedSchema = z.object({ out_trade_no: z.string(), qr_code: z.string().min(1) })
const maxSubject = 256
/** alipay.trade.precreate, qr_code: 有效时间2小时. A form has none of its own: it is good until its `time_expire`. */
const codeGoodForMs = 2 * 3_600_000

/**
 * 电脑网站支付 (alipay.trade.page.pay): a signed form for the buyer's browser. Nothing is asked of Alipay: the trade comes into being when the
 * buyer opens the form, and can't after the order's deadline.
 */
export function openPage({ form }: Client, request: OpenRequest): Opened {
  const content = { ...tradeContent(request), product_code: 'FAST_INSTANT_TRADE_PAY' }
  return { is: 'open', answer: { kind: 'form', ...form('alipay.trade.page.pay', content) } }
}

/**
 * 统一收单线下交易预创建 (alipay.trade.precreate): a QR text. The same request sends the same content, so that a creation whose answer was lost
 * can be repeated. Before `refused` the trade itself is asked for, as an earlier call may have made it.
 */
export async function openQr(
  client: Client,
  merchant: Merchant,
  request: OpenRequest,
  until: AbortSignal,
): Promise<Opened> {
  const answer = await client.call('alipay.trade.precreate', tradeContent(request), until)
  if (answer.heard === 'nothing') return { is: 'unknown', code: answer.code }
  if (answer.heard === 'answer') {
    const opened = openedSchema.safeParse(answer.body)
    if (!opened.success) return { is: 'unknown', code: 'UNREADABLE' }
    if (opened.data.out_trade_no !== request.attempt) return { is: 'unknown', code: 'MISMATCH' }
    return { is: 'open', answer: { kind: 'qr', qr: opened.data.qr_code }, goodForMs: codeGoodForMs }
  }
  const { code, final } = answer
  if (!final || code === 'ACQ.SYSTEM_ERROR') return { is: 'unknown', code }
  if (code === 'ACQ.TRADE_HAS_SUCCESS') return { is: 'paid' }
  const trade = await askTrade(client, merchant, request.attempt, until)
  if (trade.is === 'paid') return { is: 'paid' }
  return { is: trade.is === 'unknown' ? 'unknown' : 'refused', code }
}

const tradeContent = ({ attempt, amount, description, attach, expiresAt }: OpenRequest) => ({
  out_trade_no: attempt,
  total_amount: wireYuan(amount),
  // subject: 不可使用特殊字符，如 /，=，& 等. It comes back in the notification's signed text, where these would part fields.
  subject: Array.from(description.replace(/[/=&]/g, ' ')).slice(0, maxSubject).join(''),
  time_expire: shanghaiTime(expiresAt.getTime()),
  passback_params: encodeURIComponent(attach), // 必须进行 UrlEncode
})
