import type { Notices } from '../ledger.ts'
import type { Letter } from '../postman.ts'
import type { Telling } from '../wechat/buyer.ts'
import type { Refund } from '../wechat/refunds.ts'
import type { Trade } from '../wechat/trades.ts'
import type { WechatV2Sandbox } from './gateway.ts'
import { type SignType, seal, signOf } from './signature.ts'
import { heading, paymentFields, refundNoticeXml } from './wire.ts'
import { type Fields, nonce, xmlOf } from './xml.ts'

/** A notice, written once with WeChat's key or, when it is forged, with another one. */
export type Notice = { url: string; tally: Notices; write(key: string): Fields }

const headers = { 'Content-Type': 'text/xml; charset=utf-8' }

/** Writes notifications: the sign is a part of them. */
export function noticeWriter({ key }: WechatV2Sandbox): (notice: Notice) => (hand: 'own' | 'stranger') => Letter {
  return (notice) => {
    const own = xmlOf(notice.write(key))
    return (hand) => ({ body: hand === 'own' ? own : xmlOf(notice.write(nonce())), headers })
  }
}

/** 支付结果通知: signed as the creation was. */
export function telling(merchant: WechatV2Sandbox, signTypeOf: (trade: Trade) => SignType): Telling<Notice> {
  const notice = (trade: Trade): Notice => ({
    url: trade.request.notify_url,
    tally: trade.notices,
    write(key) {
      const fields = { ...heading(merchant), result_code: 'SUCCESS', ...paymentFields(trade) }
      return { ...fields, sign: signOf(fields, key, signTypeOf(trade)) }
    },
  })
  return { paid: notice, claimed: notice }
}

/** 退款结果通知: not signed, its content encrypted. */
export const refundNotice = (merchant: WechatV2Sandbox, refund: Refund, url: string): Notice => ({
  url,
  tally: refund.notices,
  write: (key) => ({ ...heading(merchant), req_info: seal(refundNoticeXml(refund), key) }),
})
