import { describe, expect, it } from 'vitest'
import * as alipay from '../../providers/alipay/states.ts'
import { wechatRules } from '../../providers/wechat-rules.ts'
import { wechatRefundErrorOf } from '../../providers/wechat-states.ts'
import * as v2 from '../../providers/wechat-v2/states.ts'
import * as v3 from '../../providers/wechat-v3/states.ts'

/** The words that say more than "ask again". */
const settling = (table: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(table).filter(([, means]) => means !== 'unknown'))

describe('what a provider says settles an order that wants to close with these words alone', () => {
  it('at WeChat Pay, the states of a trade', () => {
    const states = { SUCCESS: 'paid', REFUND: 'closed', CLOSED: 'closed', REVOKED: 'closed' }
    expect(settling(v3.meanings.states)).toEqual(states)
    expect(settling(v2.meanings.states)).toEqual(states)
  })

  it('at WeChat Pay, the codes of errors, "no such trade" with its status alone', () => {
    expect(settling(v3.meanings.errors)).toEqual({
      ...{ ORDER_NOT_EXIST: 'missing', ORDERNOTEXIST: 'missing', RESOURCE_NOT_EXISTS: 'missing' },
      ...{ ORDER_CLOSED: 'closed', ORDERCLOSED: 'closed' },
    })
    expect(settling(v2.meanings.errors)).toEqual({ ORDERNOTEXIST: 'missing', ORDERCLOSED: 'closed' })
    expect([404, 400, 500].map((status) => v3.errorMeans(status, 'ORDER_NOT_EXIST'))).toEqual([
      ...['missing', 'unknown', 'unknown'],
    ])
    expect(v3.errorMeans(400, 'ORDER_CLOSED')).toBe('closed')
    expect([v2.errorMeans('ORDERCLOSED'), v2.errorMeans('NEW')]).toEqual(['closed', 'unknown'])
  })

  it('at Alipay, the states of a trade and final refusals', () => {
    expect(settling(alipay.meanings.states)).toEqual({
      ...{ TRADE_CLOSED: 'closed', TRADE_SUCCESS: 'paid', TRADE_FINISHED: 'paid' },
    })
    expect(settling(alipay.meanings.errors)).toEqual({
      ...{ 'ACQ.TRADE_NOT_EXIST': 'missing', 'ACQ.TRADE_HAS_CLOSE': 'closed' },
    })
    expect([true, false].map((final) => alipay.errorMeans('ACQ.TRADE_HAS_CLOSE', final))).toEqual([
      ...['closed', 'unknown'],
    ])
  })
})

describe('the word of a refund', () => {
  it.each([
    ['SUCCESS', 'success'],
    ['CLOSED', 'closed'],
    ['PROCESSING', 'processing'],
    ['ABNORMAL', 'abnormal'],
    ['NEW', 'unknown'],
  ])('at WeChat Pay v3: %s is %s', (code, is) => {
    expect(v3.refundStateOf(code)).toEqual({ is, code })
  })

  it.each([
    ['SUCCESS', 'success'],
    ['REFUNDCLOSE', 'closed'],
    ['PROCESSING', 'processing'],
    ['CHANGE', 'abnormal'],
    ['NEW', 'unknown'],
  ])('at WeChat Pay v2: %s is %s', (code, is) => {
    expect(v2.refundStateOf(code)).toEqual({ is, code })
  })

  it('is "no such refund" for a documented code, in v3 with its status alone', () => {
    for (const code of ['RESOURCE_NOT_EXISTS', 'REFUND_NOT_EXIST', 'REFUNDNOTEXIST']) {
      expect(v3.isNoSuchRefund(404, code)).toBe(true)
      expect(v3.isNoSuchRefund(400, code)).toBe(false)
    }
    expect(v3.isNoSuchRefund(404, 'ORDER_NOT_EXIST')).toBe(false)
    expect([v2.isNoSuchRefund('REFUNDNOTEXIST'), v2.isNoSuchRefund('ORDERNOTEXIST')]).toEqual([true, false])
  })

  it.each(['FREQUENCY_LIMITED', 'RATELIMIT_EXCEEDED', 'INVALID_REQ_TOO_MUCH'])(
    'is asked for again after a minute when WeChat says %s',
    (code) => {
      expect(wechatRefundErrorOf({ code, message: 'slow' })).toEqual({
        ...{ is: 'unknown', code, message: 'slow', retryAfterS: 60 },
      })
    },
  )

  it('is final where the account is gone or the payment too old, and asked for again otherwise', () => {
    const said = (code: string) => wechatRefundErrorOf({ code, message: undefined })
    for (const code of ['USER_ACCOUNT_ABNORMAL', 'TRADE_OVERDUE'])
      expect(said(code)).toEqual({ is: 'abnormal', code, message: undefined })
    expect(said('NOT_ENOUGH')).toEqual({ is: 'unknown', code: 'NOT_ENOUGH', message: undefined })
  })

  it('is final at Alipay where the trade is finished, and the refusal is', () => {
    const refusal = { code: 'ACQ.TRADE_HAS_FINISHED', message: '交易已完结' }
    expect(alipay.refundErrorOf({ ...refusal, final: true })).toEqual({ is: 'abnormal', ...refusal })
    expect(alipay.refundErrorOf({ ...refusal, final: false })).toEqual({ is: 'unknown', ...refusal })
    expect(alipay.refundErrorOf({ ...refusal, code: 'NEW', final: true }).is).toBe('unknown')
  })
})

describe('what WeChat Pay documents of refunds and creations', () => {
  it('is a minute between two refunds, fifty of a trade, a year after it, and a minute to pay', () => {
    expect(wechatRules).toEqual({
      shortestExpiryMs: 60_000,
      refundRules: { pauseMs: 60_000, most: 50, withinMs: 31_536_000_000 },
    })
  })

  it('is that a creation may be repeated as it is after its own trouble alone', () => {
    expect(['SYSTEMERROR', 'FREQUENCY_LIMITED', 'RESULT_CODE_FAIL'].every(v2.isPassing)).toBe(true)
    expect(v2.isPassing('PARAM_ERROR')).toBe(false)
  })
})
