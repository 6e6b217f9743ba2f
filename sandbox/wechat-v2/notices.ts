import type { Delivery, Posting } from '../deliveries.ts'
import { deliveries } from '../deliveries.ts'
import type { Notices } from '../ledger.ts'
import { pauses } from '../wechat-v3/notifier.ts'
import type { Refund } from '../wechat-v3/refunds.ts'
import type { Trade } from '../wechat-v3/trades.ts'
import type { WechatV2Sandbox } from './merchant.ts'
import { type SignType, seal, signOf } from './signature.ts'
import { heading, paymentFields, refundNoticeXml } from './wire.ts'
import { type Fields, fieldsOf, nonce, xmlOf } from './xml.ts'

/** A notice, written with WeChat's key or, when it is forged, with another one. */
export type Notice = { url: string; tally: Notices; write(key: string): Fields }

/** Posts notifications: the sign, or the seal, is a part of them. They have the same pauses as v3's. */
export function notifier({ key }: WechatV2Sandbox, clockwork: { pauseFactor: number; silenceMs: number }) {
  // 支付结果通知: it is the answer's return_code that says that the merchant has it.
  const taken = (status: number, body: string) => status === 200 && fieldsOf(body).return_code === 'SUCCESS'
  const { send, forge, stop } = deliveries({ pauses, ...clockwork, taken })
  const posting = ({ url, tally, write }: Notice, author: 'provider' | 'forger'): Posting => {
    const body = xmlOf(write(author === 'provider' ? key : nonce()))
    return { url, tally, body, headers: () => ({ 'Content-Type': 'text/xml; charset=utf-8' }) }
  }
  return {
    forge: (notice: Notice) => forge(posting(notice, 'forger')),
    send: (notice: Notice, delivery: Delivery) => send((author) => posting(notice, author), delivery),
    stop,
  }
}
export type Notifier = ReturnType<typeof notifier>

/** 支付结果通知: signed as the creation was. */
export const paymentNotice = (merchant: WechatV2Sandbox, trade: Trade, type: SignType): Notice => ({
  url: trade.request.notify_url,
  tally: trade.notices,
  write(key) {
    const fields = { ...heading(merchant), result_code: 'SUCCESS', ...paymentFields(trade) }
    return { ...fields, sign: signOf(fields, key, type) }
  },
})

/** 退款结果通知: not signed, its content encrypted. */
export const refundNotice = (merchant: WechatV2Sandbox, refund: Refund, url: string): Notice => ({
  url,
  tally: refund.notices,
  write: (key) => ({ ...heading(merchant), req_info: seal(refundNoticeXml(refund), key) }),
})
