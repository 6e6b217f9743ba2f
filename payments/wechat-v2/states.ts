import type { RefundState, TradeState } from '../provider.ts'

/** `missing`: WeChat has no such trade, which is `unknown` while a creation is in flight, and `closed` otherwise. */
type Meaning = TradeState | 'missing'

/**
 * The one table from what WeChat documents (查询订单: trade_state, and the 错误码 of 统一下单, 查询订单 and 关闭订单) to what it means for an
 * order that wants to close. What is not listed is unknown.
 */
export const meanings: { readonly states: Readonly<Record<string, Meaning>>; readonly errors: Readonly<Record<string, Meaning>> } = {
  states: {
    SUCCESS: 'paid',
    /** 转入退款, closed as for a trade refunded in full: the query doesn't say how much went back. See wechat-v3/states.ts. */
    REFUND: 'closed',
    /** Also after a close: not seen to be closed yet, so asked again. */
    NOTPAY: 'unknown',
    CLOSED: 'closed',
    /** 已撤销 (payment codes only): undone, the money is back. */
    REVOKED: 'closed',
    USERPAYING: 'unknown',
    /** 支付失败: that payment failed, and the buyer may try again until the trade is closed. */
    PAYERROR: 'unknown',
    /** 已接收，等待扣款 */
    ACCEPT: 'unknown',
  },
  errors: {
    ORDERNOTEXIST: 'missing',
    ORDERCLOSED: 'closed',
    /** Paid, they say, and yet no facts to judge by: ask again. */
    ORDERPAID: 'unknown',
    SYSTEMERROR: 'unknown',
    INVALID_REQUEST: 'unknown',
    OUT_TRADE_NO_USED: 'unknown',
    NOAUTH: 'unknown',
    NOTENOUGH: 'unknown',
    APPID_NOT_EXIST: 'unknown',
    MCHID_NOT_EXIST: 'unknown',
    APPID_MCHID_NOT_MATCH: 'unknown',
    LACK_PARAMS: 'unknown',
    PARAM_ERROR: 'unknown',
    SIGNERROR: 'unknown',
    XML_FORMAT_ERROR: 'unknown',
    REQUIRE_POST_METHOD: 'unknown',
    POST_DATA_EMPTY: 'unknown',
    NOT_UTF8: 'unknown',
    FREQUENCY_LIMITED: 'unknown',
  },
}

const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined => (Object.hasOwn(table, key) ? table[key] : undefined)

export const stateMeans = (state: string): Meaning => own(meanings.states, state) ?? 'unknown'
export const errorMeans = (code: string): Meaning => own(meanings.errors, code) ?? 'unknown'

/** Refusals of a creation that say nothing about it: WeChat's own trouble. All others are asked about. */
const passing = new Set(['SYSTEMERROR', 'FREQUENCY_LIMITED', 'RESULT_CODE_FAIL'])
export const isPassing = (code: string): boolean => passing.has(code)

/** 查询退款: refund_status_$n; 退款结果通知: refund_status. CHANGE (退款异常): the money could not reach the buyer. */
const refundStates: Readonly<Record<string, RefundState['is']>> = {
  SUCCESS: 'success',
  REFUNDCLOSE: 'closed',
  PROCESSING: 'processing',
  CHANGE: 'abnormal',
}

/** 申请退款, 错误码. USER_ACCOUNT_ABNORMAL is final: the buyer's account is gone, the shop pays back another way. All others are asked again. */
const refundErrors: Readonly<Record<string, RefundState['is']>> = { USER_ACCOUNT_ABNORMAL: 'abnormal' }

export const refundStateOf = (status: string): RefundState => ({ is: own(refundStates, status) ?? 'unknown', code: status })
export const refundErrorOf = (code: string): RefundState => ({ is: own(refundErrors, code) ?? 'unknown', code })

/** 查询退款, 错误码: REFUNDNOTEXIST is WeChat's word that it has none of this number. */
export const refundQueryErrorOf = (code: string): RefundState => ({ is: code === 'REFUNDNOTEXIST' ? 'missing' : 'unknown', code })
