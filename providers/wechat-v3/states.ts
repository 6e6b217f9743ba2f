import { entryOf, type Meaning, type Meanings } from '../meaning.ts'
import type { RefundState } from '../provider.ts'
import { wechatTradeStates } from '../wechat-states.ts'

/**
 * The one table from what WeChat documents (trade_state, and 错误码 of 查询订单 and 关闭订单) to what it means for an
 * order that wants to close; `missing` is `unknown` while a creation is in flight, and `closed` otherwise.
 * What is not listed is unknown.
 *
 * @see 商户订单号查询订单 https://pay.weixin.qq.com/doc/v3/merchant/4012791880
 */
export const meanings: Meanings = {
  states: wechatTradeStates,
  errors: {
    ORDER_NOT_EXIST: 'missing',
    ORDERNOTEXIST: 'missing',
    RESOURCE_NOT_EXISTS: 'missing',
    ORDER_CLOSED: 'closed',
    ORDERCLOSED: 'closed',
    /** Paid, but without facts to resolve by: ask again. */
    ORDERPAID: 'unknown',
    ORDER_PAID: 'unknown',
    USERPAYING: 'unknown',
    USER_PAYING: 'unknown',
    TRADE_ERROR: 'unknown',
    PARAM_ERROR: 'unknown',
    INVALID_REQUEST: 'unknown',
    APPID_MCHID_NOT_MATCH: 'unknown',
    MCH_NOT_EXISTS: 'unknown',
    SIGN_ERROR: 'unknown',
    ACCOUNT_ERROR: 'unknown',
    NO_AUTH: 'unknown',
    NOT_ENOUGH: 'unknown',
    OUT_TRADE_NO_USED: 'unknown',
    RULE_LIMIT: 'unknown',
    RULELIMIT: 'unknown',
    FREQUENCY_LIMITED: 'unknown',
    RATELIMIT_EXCEEDED: 'unknown',
    BANK_ERROR: 'unknown',
    BANKERROR: 'unknown',
    INVALID_TRANSACTIONID: 'unknown',
    OPENID_MISMATCH: 'unknown',
    SYSTEM_ERROR: 'unknown',
    SYSTEMERROR: 'unknown',
  },
}

/** What a trade_state means. */
export const stateMeans = (state: string): Meaning => entryOf(meanings.states, state) ?? 'unknown'

/** What an error code means. "No such trade" counts with its documented status 404 only. */
export function errorMeans(status: number, code: string): Meaning {
  const meaning = entryOf(meanings.errors, code) ?? 'unknown'
  return meaning === 'missing' && status !== 404 ? 'unknown' : meaning
}

/** 查询单笔退款: status; 退款结果通知: refund_status. */
const refundStates: Readonly<Record<string, RefundState['is']>> = {
  SUCCESS: 'success',
  CLOSED: 'closed',
  PROCESSING: 'processing',
  ABNORMAL: 'abnormal',
}

/** 查询单笔退款, 错误码, with status 404. */
const noSuchRefund = new Set(['RESOURCE_NOT_EXISTS', 'REFUND_NOT_EXIST', 'REFUNDNOTEXIST'])

/** What a refund's status means. */
export const refundStateOf = (status: string): RefundState => ({
  is: entryOf(refundStates, status) ?? 'unknown',
  code: status,
})

/** Whether WeChat says that it has no such refund. */
export const isNoSuchRefund = (status: number, code: string): boolean =>
  status === 404 && noSuchRefund.has(code)
