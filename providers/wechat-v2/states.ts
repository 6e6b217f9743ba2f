import { entryOf, type Meaning, type Meanings } from '../meaning.ts'
import type { RefundState } from '../provider.ts'
import { wechatTradeStates } from '../wechat-states.ts'

/**
 * The one table from what WeChat documents (trade_state, and the 错误码 of 统一下单, 查询订单 and 关闭订单) to what it means
 * for an order that wants to close; `missing` is `unknown` while a creation is in flight, and `closed`
 * otherwise. What is not listed is unknown.
 *
 * @see 查询订单 https://pay.weixin.qq.com/wiki/doc/api/native.php?chapter=9_2
 */
export const meanings: Meanings = {
  states: wechatTradeStates,
  errors: {
    ORDERNOTEXIST: 'missing',
    ORDERCLOSED: 'closed',
    /** Paid, but without facts to resolve by: ask again. */
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

/** What a trade_state means. */
export const stateMeans = (state: string): Meaning => entryOf(meanings.states, state) ?? 'unknown'
/** What an err_code means. */
export const errorMeans = (code: string): Meaning => entryOf(meanings.errors, code) ?? 'unknown'

/**
 * Refusals of a creation that say nothing about it: WeChat's own trouble. After all others the trade is asked
 * for.
 */
const passing = new Set(['SYSTEMERROR', 'FREQUENCY_LIMITED', 'RESULT_CODE_FAIL'])
/** Whether a creation may be repeated as it is. */
export const isPassing = (code: string): boolean => passing.has(code)

/** 查询退款: refund_status_$n; 退款结果通知: refund_status. CHANGE (退款异常): the money could not reach the buyer. */
const refundStates: Readonly<Record<string, RefundState['is']>> = {
  SUCCESS: 'success',
  REFUNDCLOSE: 'closed',
  PROCESSING: 'processing',
  CHANGE: 'abnormal',
}

/** What a refund's status means. */
export const refundStateOf = (status: string): RefundState => ({
  is: entryOf(refundStates, status) ?? 'unknown',
  code: status,
})

/** 查询退款, 错误码: whether WeChat says that it has no such refund. */
export const isNoSuchRefund = (code: string): boolean => code === 'REFUNDNOTEXIST'
