import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { alipay } from '../../providers/alipay/alipay.ts'
import { wechatV2 } from '../../providers/wechat-v2/wechat-v2.ts'
import { wechatV3 } from '../../providers/wechat-v3/wechat-v3.ts'
import { harness as alipayHarness, openRequest as alipayRequest } from './alipay/harness.ts'
import { harness as v2Harness } from './wechat-v2/harness.ts'
import { forgersKeys, openRequest, serving, harness as v3Harness } from './wechat-v3/harness.ts'

let v3: Awaited<ReturnType<typeof v3Harness>>
let v2: Awaited<ReturnType<typeof v2Harness>>
let ali: Awaited<ReturnType<typeof alipayHarness>>
beforeAll(async () => {
  ;[v3, v2, ali] = await Promise.all([v3Harness(), v2Harness(), alipayHarness()])
})
afterAll(() => Promise.all([v3.stop(), v2.stop(), ali.stop()]))

const request = { amount: 1990n, captured: 1990n, currency: 'CNY', transaction: '42' } as never as {
  amount: never
  captured: never
  currency: 'CNY'
  transaction: string
}

describe('what a provider says of a refusal is there for the log', () => {
  it('when it does not believe who asks', async () => {
    const wrongKey = wechatV3({ ...v3.config, privateKey: forgersKeys.privateKey })
    expect(await wrongKey.open(openRequest())).toMatchObject({
      code: 'SIGN_ERROR',
      message: 'the signature does not fit',
    })
    const wrongSecret = wechatV2({ ...v2.config, key: 'x'.repeat(32) })
    expect(await wrongSecret.open(v2.openRequest())).toMatchObject({
      code: 'RETURN_CODE_FAIL',
      message: '签名错误',
    })
    const wrongApp = alipay({ ...ali.config, privateKey: forgersKeys.privateKey })
    expect(await wrongApp.open(alipayRequest())).toMatchObject({
      code: 'isv.invalid-signature',
      message: '验签出错',
    })
  })

  it('when it has no such refund, trade, or right', async () => {
    expect(await v3.wechat.query(openRequest().attempt, 'in_flight')).toMatchObject({
      is: 'unknown',
      state: 'ORDER_NOT_EXIST',
      error: { message: '订单不存在' },
    })
    expect(await v2.wechat.query(v2.attemptNumber(), 'in_flight')).toMatchObject({
      is: 'unknown',
      state: 'ORDERNOTEXIST',
      error: { message: '订单不存在' },
    })
    const refund = { ...request, refund: 'r' as never, attempt: openRequest().attempt }
    expect(await v3.wechat.refund(refund)).toMatchObject({
      code: 'RESOURCE_NOT_EXISTS',
      message: '订单不存在',
    })
    expect(await ali.alipay.refund(refund)).toMatchObject({
      code: 'ACQ.TRADE_NOT_EXIST',
      message: '交易不存在',
    })
  })

  it('when nobody has signed it, as a proxy’s or that of a gateway which knows no such application', async () => {
    const answers = [
      JSON.stringify({ code: 'SIGN_ERROR', message: '商户证书序列号有误', detail: { value: 'openid' } }),
      JSON.stringify({
        alipay_trade_query_response: {
          code: '40002',
          sub_code: 'isv.invalid-app-id',
          sub_msg: '无效的AppID参数',
        },
      }),
      '<html>502 Bad Gateway</html>',
    ]
    const stub = await serving((_, response) => response.writeHead(200).end(answers.shift()))
    try {
      expect(
        await wechatV3({ ...v3.config, baseUrl: stub.url }).query(openRequest().attempt, 'settled'),
      ).toMatchObject({
        is: 'unknown',
        state: 'UNVERIFIED_200',
        error: { message: 'SIGN_ERROR: 商户证书序列号有误' },
      })
      const gateway = alipay({ ...ali.config, gateway: `${stub.url}/gateway.do` })
      expect(await gateway.query(alipayRequest().attempt)).toMatchObject({
        is: 'unknown',
        state: 'UNVERIFIED_200',
        error: { message: 'isv.invalid-app-id: 无效的AppID参数' },
      })
      expect(await gateway.query(alipayRequest().attempt)).toEqual({
        is: 'unknown',
        state: 'UNVERIFIED_200',
        error: { code: 'UNVERIFIED_200' },
      })
    } finally {
      await stub.stop()
    }
  })

  it('without what it says of the buyer', async () => {
    const jsapi = openRequest({
      product: 'jsapi',
      payer: { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o', ip: '203.0.113.7' },
    })
    const said = `${jsapi.payer.openid} at ${jsapi.payer.ip} is not of this app`
    await v3.buyer.switches(
      { fail: { open: { times: 1, status: 400, code: 'PARAM_ERROR', message: said } } },
      jsapi.attempt,
    )
    expect(await v3.wechat.open(jsapi)).toEqual({
      is: 'refused',
      code: 'PARAM_ERROR',
      message: '*** at *** is not of this app',
    })
  })
})

describe('a refund that WeChat refuses', () => {
  const paidV3 = async () => {
    const opened = openRequest()
    await v3.wechat.open(opened)
    const { transactionId } = await v3.buyer.pay(opened.attempt)
    return {
      ...request,
      attempt: opened.attempt,
      transaction: transactionId,
      refund: `r-${opened.attempt}` as never,
    }
  }

  it.each([
    ['FREQUENCY_LIMITED', 429, { is: 'unknown', retryAfterS: 60 }],
    ['TRADE_OVERDUE', 403, { is: 'abnormal' }],
    ['USER_ACCOUNT_ABNORMAL', 403, { is: 'abnormal' }],
    ['NOT_ENOUGH', 403, { is: 'unknown' }],
  ])('with %s is requested again, after its minute, or never', async (code, status, state) => {
    const refund = await paidV3()
    await v3.buyer.switches({ fail: { refund: { times: 1, status, code } } }, refund.attempt)
    expect(await v3.wechat.refund(refund)).toEqual({ ...state, code, message: 'switched on' })
  })
})

describe('WeChat’s other entry point', () => {
  it('is called when the first can’t be reached, by both protocols', async () => {
    const gone = await serving(() => {})
    await gone.stop()
    const third = wechatV3({ ...v3.config, baseUrl: gone.url, fallbackUrl: v3.config.baseUrl })
    expect(await third.open(openRequest())).toMatchObject({ is: 'open' })
    const second = wechatV2({ ...v2.config, baseUrl: gone.url, fallbackUrl: v2.config.baseUrl })
    expect(await second.open(v2.openRequest())).toMatchObject({ is: 'open' })
  })

  it('is not called for an answer, and is none where WeChat names none', async () => {
    const calls: string[] = []
    const stub = await serving((call, response) => {
      calls.push(call.url ?? '')
      response.writeHead(500).end()
    })
    try {
      const both = wechatV3({ ...v3.config, fallbackUrl: stub.url })
      expect(await both.query(openRequest().attempt, 'settled')).toMatchObject({ is: 'closed' })
      expect(calls).toEqual([])
      const broken = wechatV3({ ...v3.config, baseUrl: stub.url })
      expect(await broken.query(openRequest().attempt, 'settled')).toMatchObject({ state: 'UNVERIFIED_500' })
      expect(calls).toHaveLength(1)
    } finally {
      await stub.stop()
    }
  })
})
