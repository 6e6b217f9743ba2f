import * as z from 'zod'
import { shanghaiText } from '../../domain/shanghai-time.ts'
import type { Opened, OpenRequest } from '../provider.ts'
import { alipayYuan } from '../yuan.ts'
import type { Client, Operation } from './client.ts'
import { askTrade } from './trade.ts'

const openedSchema = z.object({ out_trade_no: z.string(), qr_code: z.string().min(1) })
const maxSubject = 256
/**
 * alipay.trade.precreate, qr_code: 有效时间2小时. A form has no lifetime of its own: it is good until
 * `time_expire`.
 */
const codeGoodForMs = 2 * 3_600_000

/**
 * A signed form for the buyer's browser. Alipay is not called: the trade is created when the buyer opens the
 * form, and can't be after the order's deadline.
 *
 * @see 统一收单下单并支付页面接口 alipay.trade.page.pay https://opendocs.alipay.com/open/028r8t
 */
export function openPage({ form }: Client, request: OpenRequest): Opened {
  const content = { ...tradeContent(request), product_code: 'FAST_INSTANT_TRADE_PAY' }
  return { is: 'open', answer: { kind: 'form', ...form('alipay.trade.page.pay', content) } }
}

/**
 * A QR text. The same request sends the same content, so that a creation whose answer was lost can be
 * repeated. Before `refused` the trade itself is asked for, as an earlier call may have made it.
 *
 * @see 统一收单线下交易预创建 alipay.trade.precreate https://opendocs.alipay.com/open/02ekfg
 */
export async function openQr(operation: Operation, request: OpenRequest): Promise<Opened> {
  const { client, until } = operation
  const reply = await client.call('alipay.trade.precreate', tradeContent(request), until)
  if (reply.is === 'none') return { is: 'unknown', code: reply.code, message: reply.message }
  if (reply.is === 'answer') {
    const opened = openedSchema.safeParse(reply.body)
    if (!opened.success) return { is: 'unknown', code: 'UNREADABLE' }
    if (opened.data.out_trade_no !== request.attempt) return { is: 'unknown', code: 'MISMATCH' }
    return { is: 'open', answer: { kind: 'qr', qr: opened.data.qr_code }, goodForMs: codeGoodForMs }
  }
  const { code, message, final } = reply
  if (!final || code === 'ACQ.SYSTEM_ERROR') return { is: 'unknown', code, message }
  if (code === 'ACQ.TRADE_HAS_SUCCESS') return { is: 'paid' }
  const trade = await askTrade(operation, request.attempt)
  if (trade.is === 'paid') return { is: 'paid' }
  return { is: trade.is === 'unknown' ? 'unknown' : 'refused', code, message }
}

const tradeContent = ({ attempt, amount, description, attach, expiresAt }: OpenRequest) => ({
  out_trade_no: attempt,
  total_amount: alipayYuan(amount),
  // subject: 不可使用特殊字符，如 /，=，& 等. It comes back in the notification's signed text, where these separate
  // fields.
  subject: Array.from(description.replace(/[/=&]/g, ' ')).slice(0, maxSubject).join(''),
  time_expire: shanghaiText(expiresAt.getTime()),
  passback_params: encodeURIComponent(attach), // 必须进行 UrlEncode
})
