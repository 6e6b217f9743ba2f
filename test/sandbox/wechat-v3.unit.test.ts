import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Formatter, Rsa } from 'wechatpay-axios-plugin'
import type { SandboxClient } from '../../sandbox/client.ts'
import {
  forgersKeys,
  harness,
  merchantKeys,
  openRequest,
  platformKeys,
  shared,
} from '../providers/wechat-v3/harness.ts'
import { merchantOf } from './merchant.ts'

let world: Awaited<ReturnType<typeof harness>>
let buyer: SandboxClient
beforeEach(async () => {
  world = await harness({ silenceMs: 60 })
  buyer = world.buyer
})
afterEach(() => world.stop())

const { opened, call, native } = merchantOf(() => world)

describe('the gateway', () => {
  it('signs every answer, refusals and the empty one too', async () => {
    const attempt = await opened()
    for (const [status, answer] of [
      [200, await call('GET', `/v3/pay/transactions/out-trade-no/${attempt}?mchid=${shared.mchId}`)],
      [
        204,
        await call('POST', `/v3/pay/transactions/out-trade-no/${attempt}/close`, {
          body: JSON.stringify({ mchid: shared.mchId }),
        }),
      ],
      [400, await call('POST', '/v3/pay/transactions/native', { body: '{}' })],
      [
        401,
        await call('POST', '/v3/pay/transactions/native', { body: native(), key: forgersKeys.privateKey }),
      ],
      [404, await call('GET', `/v3/pay/transactions/out-trade-no/none?mchid=${shared.mchId}`)],
      [404, await call('GET', '/v3/nothing')],
    ] as const) {
      expect(answer.status).toBe(status)
      const head = (name: string) => answer.headers.get(`wechatpay-${name}`) ?? ''
      expect(head('serial')).toBe(shared.platformKeyId)
      expect(
        Rsa.verify(
          Formatter.response(head('timestamp'), head('nonce'), await answer.text()),
          head('signature'),
          platformKeys.publicKey,
        ),
      ).toBe(true)
    }
  })

  it('answers SIGN_ERROR to what the merchant did not sign, or not now', async () => {
    for (const answer of [
      await call('POST', '/v3/pay/transactions/native', { body: native(), key: forgersKeys.privateKey }),
      await call('POST', '/v3/pay/transactions/native', {
        body: native(),
        key: merchantKeys.privateKey,
        timestamp: Formatter.timestamp() - 400,
      }),
      await fetch(`${world.sandbox.url}/v3/pay/transactions/native`, { method: 'POST', body: native() }),
    ]) {
      expect(answer.status).toBe(401)
      expect(await answer.json()).toMatchObject({ code: 'SIGN_ERROR' })
    }
    expect(world.sandbox.ledger().trades).toEqual([])
  })

  it.each([
    [{ amount: { total: 0 } }, 'PARAM_ERROR'],
    [{ amount: { total: 1.5 } }, 'PARAM_ERROR'],
    [{ amount: { total: 1, currency: 'USD' } }, 'PARAM_ERROR'],
    [{ out_trade_no: 'short' }, 'PARAM_ERROR'],
    [{ description: '' }, 'PARAM_ERROR'],
    [{ notify_url: 'http://shop.example/?a=1' }, 'PARAM_ERROR'],
    [{ time_expire: 'tomorrow' }, 'PARAM_ERROR'],
    [{ surprise: 1 }, 'PARAM_ERROR'],
    [{ appid: 'wx-other' }, 'APPID_MCHID_NOT_MATCH'],
    [{ mchid: '1900000000' }, 'MCH_NOT_EXISTS'],
  ])('refuses a creation with %j', async (over, code) => {
    const answer = await call('POST', '/v3/pay/transactions/native', { body: native(over) })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ code })
  })

  it.each([
    ['jsapi', {}],
    ['jsapi', { payer: { openid: '' } }],
    ['jsapi', { payer: { openid: 'o' }, scene_info: { payer_client_ip: 'here' } }],
    [
      'jsapi',
      { payer: { openid: 'o' }, scene_info: { payer_client_ip: '1.2.3.4', h5_info: { type: 'Wap' } } },
    ],
    ['h5', {}],
    ['h5', { scene_info: { payer_client_ip: 'here', h5_info: { type: 'Wap' } } }],
    ['h5', { scene_info: { payer_client_ip: '1.2.3.4', h5_info: { type: 'TV' } } }],
    ['native', { payer: { openid: 'o' } }],
  ])('refuses a creation by %s with %j', async (way, over) => {
    const answer = await call('POST', `/v3/pay/transactions/${way}`, { body: native(over) })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ code: 'PARAM_ERROR' })
  })

  it('leaves a trade whose time has passed NOTPAY, takes no money for it, and closes it when asked to', async () => {
    let clock = Date.now()
    const later = await harness({ now: () => clock })
    const request = openRequest({ expiresAt: new Date(clock + 60_000) })
    await later.wechat.open(request)
    clock += 61_000
    const unpaid = { is: 'unknown', state: 'NOTPAY' }
    expect(await later.wechat.query(request.attempt, 'settled')).toEqual(unpaid)
    await expect(later.buyer.pay(request.attempt)).rejects.toThrow('ORDER_EXPIRED')
    expect(await later.wechat.query(request.attempt, 'settled')).toEqual(unpaid)
    expect(await later.wechat.close(request.attempt, 'settled')).toEqual({ is: 'closed', state: 'CLOSED' })
    await later.stop()
  })

  it('makes trades of an app, and answers by its own number of a transaction too', async () => {
    const made = await call('POST', '/v3/pay/transactions/app', { body: native() })
    expect(await made.json()).toEqual({ prepay_id: expect.stringMatching(/^wx/) })
    const { transactionId } = await buyer.pay('100000001')
    const path = (id: string) => `/v3/pay/transactions/id/${id}?mchid=${shared.mchId}`
    expect(await (await call('GET', path(transactionId))).json()).toMatchObject({
      out_trade_no: '100000001',
      transaction_id: transactionId,
      trade_type: 'APP',
      success_time: expect.stringMatching(/\+08:00$/),
    })
    expect((await call('GET', path('4200999'))).status).toBe(404)
  })

  it('takes what a creation may carry, in a repetition too', async () => {
    const whole = native({
      goods_tag: 'WXG',
      support_fapiao: true,
      detail: { cost_price: 1, goods_detail: [{ merchant_goods_id: 'g', quantity: 1, unit_price: 1 }] },
      scene_info: { payer_client_ip: '14.23.150.211', device_id: '013467007045764', store_info: { id: '1' } },
      settle_info: { profit_sharing: false },
    })
    const first = await (await call('POST', '/v3/pay/transactions/native', { body: whole })).json()
    expect(first).toEqual({ code_url: expect.any(String) })
    expect(await (await call('POST', '/v3/pay/transactions/native', { body: whole })).json()).toEqual(first)
    const other = await call('POST', '/v3/pay/transactions/native', { body: native({ goods_tag: 'other' }) })
    expect(await other.json()).toMatchObject({ code: 'INVALID_REQUEST' })
  })
})

describe('the buyer', () => {
  it('may fail to pay and try again', async () => {
    const attempt = await opened()
    expect(await buyer.fail(attempt)).toMatchObject({ state: 'NOTPAY', failures: 1 })
    expect(await buyer.pay(attempt)).toMatchObject({ state: 'SUCCESS' })
    await expect(buyer.pay(attempt)).rejects.toThrow('ORDERPAID')
    await expect(buyer.pay('unknown')).rejects.toThrow('ORDER_NOT_EXIST')
  })
})
