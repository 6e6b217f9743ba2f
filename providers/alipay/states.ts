import { entryOf, type Meaning, type Meanings } from '../meaning.ts'
import type { RefundState } from '../provider.ts'

/**
 * The one table from what Alipay documents (trade_status of alipay.trade.query; 业务错误码 of query, close and
 * precreate) to what it means for an order that wants to close. Before the buyer opens the form, or scans the
 * code, every attempt is `missing`. What is not listed is unknown.
 *
 * @see 统一收单交易查询 https://opendocs.alipay.com/open/028woa
 */
export const meanings: Meanings = {
  states: {
    WAIT_BUYER_PAY: 'unknown',
    /** 未付款交易超时关闭，或支付完成后全额退款: no money either way. */
    TRADE_CLOSED: 'closed',
    TRADE_SUCCESS: 'paid',
    /** 交易结束，不可退款: the same money as TRADE_SUCCESS, later. */
    TRADE_FINISHED: 'paid',
  },
  errors: {
    'ACQ.TRADE_NOT_EXIST': 'missing',
    'ACQ.TRADE_HAS_CLOSE': 'closed',
    /** Paid, but without facts to resolve by: ask again. */
    'ACQ.TRADE_HAS_SUCCESS': 'unknown',
    'ACQ.TRADE_HAS_FINISHED': 'unknown',
    'ACQ.TRADE_STATUS_ERROR': 'unknown',
    'ACQ.REASON_TRADE_STATUS_INVALID': 'unknown',
    'ACQ.REASON_ILLEGAL_STATUS': 'unknown',
    'ACQ.SYSTEM_ERROR': 'unknown',
    'ACQ.INVALID_PARAMETER': 'unknown',
    'ACQ.ACCESS_FORBIDDEN': 'unknown',
    'ACQ.EXIST_FORBIDDEN_WORD': 'unknown',
    'ACQ.PARTNER_ERROR': 'unknown',
    'ACQ.TOTAL_FEE_EXCEED': 'unknown',
    'ACQ.CONTEXT_INCONSISTENT': 'unknown',
    'ACQ.BUYER_SELLER_EQUAL': 'unknown',
    'ACQ.TRADE_BUYER_NOT_MATCH': 'unknown',
    'ACQ.BUYER_ENABLE_STATUS_FORBID': 'unknown',
    'ACQ.SELLER_BEEN_BLOCKED': 'unknown',
    'isv.invalid-signature': 'unknown',
    'isp.unknow-error': 'unknown',
    'aop.ACQ.SYSTEM_ERROR': 'unknown',
  },
}

/** What a trade_status means. */
export const stateMeans = (state: string): Meaning => entryOf(meanings.states, state) ?? 'unknown'

/**
 * What an error code means. Only a final refusal (40004) settles anything: the same code from a gateway in
 * trouble (20000) does not.
 */
export const errorMeans = (code: string, final: boolean): Meaning =>
  final ? (entryOf(meanings.errors, code) ?? 'unknown') : 'unknown'

/**
 * 业务错误码 of alipay.trade.refund, when it is a final refusal. 交易已完结 (TRADE_HAS_FINISHED, e.g. 12 months after
 * the payment): Alipay never refunds this trade again, the shop pays back another way. After all others the
 * refund is requested again.
 *
 * @see 统一收单交易退款接口 https://opendocs.alipay.com/open/028sm9
 */
const refundErrors: Readonly<Record<string, RefundState['is']>> = { 'ACQ.TRADE_HAS_FINISHED': 'abnormal' }

/** What a refusal of alipay.trade.refund means. */
export const refundErrorOf = (refusal: {
  code: string
  message: string | undefined
  final: boolean
}): RefundState => ({
  is: (refusal.final ? entryOf(refundErrors, refusal.code) : undefined) ?? 'unknown',
  code: refusal.code,
  message: refusal.message,
})
