import type { RefundState, TradeState } from '../provider.ts'

/** `missing`: WeChat has no such trade, which is `unknown` while a creation is in flight, and `closed` otherwise. */
type Meaning = TradeState | 'missing'

/**
 * The one table from what WeChat documents (商户订单号查询订单: trade_state, and 错误码 of 查询订单 and 关闭订单) to what it means for an order
 * that wants to close. What is not listed is unknown.
 */
export const meanings: { readonly states: Readonly<Record<string, Meaning>>; readonly errors: Readonly<Record<string, Meaning>> } = {
  states: {
    SUCCESS: 'paid',
    /**
     * 转入退款. The query doesn't say how much went back, so this is closed as for a trade refunded in full: our own refunds of money that
     * was never judged (late, double, wrong) are always whole. A part refunded by hand in WeChat's console before we knew of the payment
     * can't be told from it here; the day's statement can.
     */
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
    ORDER_NOT_EXIST: 'missing',
    ORDERNOTEXIST: 'missing',
    RESOURCE_NOT_EXISTS: 'missing',
    ORDER_CLOSED: 'closed',
    ORDERCLOSED: 'closed',
    /** Paid, they say, and yet no facts to judge by: ask again. */
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

const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined => (Object.hasOwn(table, key) ? table[key] : undefined)

export const stateMeans = (state: string): Meaning => own(meanings.states, state) ?? 'unknown'

/** "No such trade" counts with its documented status 404 only. */
export function errorMeans(status: number, code: string): Meaning {
  const meaning = own(meanings.errors, code) ?? 'unknown'
  return meaning === 'missing' && status !== 404 ? 'unknown' : meaning
}

/** 查询单笔退款: status; 退款结果通知: refund_status. */
const refundStates: Readonly<Record<string, RefundState['is']>> = {
  SUCCESS: 'success',
  CLOSED: 'closed',
  PROCESSING: 'processing',
  ABNORMAL: 'abnormal',
}

/** 退款申请, 错误码. USER_ACCOUNT_ABNORMAL is final: the buyer's account is gone, the shop pays back another way. All others are asked again. */
const refundErrors: Readonly<Record<string, RefundState['is']>> = { USER_ACCOUNT_ABNORMAL: 'abnormal' }

/** 查询单笔退款, 错误码, with status 404. */
const noSuchRefund = new Set(['RESOURCE_NOT_EXISTS', 'REFUND_NOT_EXIST', 'REFUNDNOTEXIST'])

export const refundStateOf = (status: string): RefundState => ({ is: own(refundStates, status) ?? 'unknown', code: status })
export const refundErrorOf = (code: string): RefundState => ({ is: own(refundErrors, code) ?? 'unknown', code })
export const isNoSuchRefund = (status: number, code: string): boolean => status === 404 && noSuchRefund.has(code)
