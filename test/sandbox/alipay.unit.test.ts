import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sandboxEnvironment } from '../../local/environment.ts'
import { pauses } from '../../sandbox/alipay/notifier.ts'
import { isSigned, shanghaiTime, signContent } from '../../sandbox/alipay/signature.ts'
import { sandboxConfig } from '../../sandbox/env.ts'
import { account, eventually, harness, openRequest, platformKeys } from '../providers/alipay/harness.ts'
import { alipaysKey, alipaysNotification } from '../providers/alipay/vector.ts'
import { forgersKeys, merchantKeys } from '../providers/wechat-v3/harness.ts'

let world: Awaited<ReturnType<typeof harness>>
beforeEach(async () => {
  world = await harness()
})
afterEach(() => world.stop())

const request = (
  over: Record<string, string> = {},
  key = merchantKeys.privateKey,
): Record<string, string> => {
  const common = {
    app_id: account.appId,
    charset: 'utf-8',
    version: '1.0',
    sign_type: 'RSA2',
    timestamp: shanghaiTime(Date.now()),
  }
  const all = { ...common, method: 'alipay.trade.query', biz_content: '{"out_trade_no":"1"}', ...over }
  return {
    ...all,
    sign: sign('sha256', Buffer.from(signContent(all)), createPrivateKey(key)).toString('base64'),
  }
}
const post = (parameters: Record<string, string>) =>
  fetch(world.config.gateway, { method: 'POST', body: new URLSearchParams(parameters) })
/** The answer's node, after its signature was checked over the very text. */
async function believed(answer: Response): Promise<Record<string, string>> {
  const text = await answer.text()
  const [, node = '', signature = ''] = /^\{"\w+_response":(\{.*\}),"sign":"(.*)"\}$/.exec(text) ?? []
  expect(isSigned(node, signature, createPublicKey(platformKeys.publicKey))).toBe(true)
  return JSON.parse(node)
}

describe('signatures', () => {
  it('are Alipay’s: its own notification fits', () => {
    const content = (parameters: Record<string, string>) => signContent(parameters, ['sign_type'])
    const { sign: signature = '' } = alipaysNotification
    const key = createPublicKey(alipaysKey)
    expect(isSigned(content(alipaysNotification), signature, key)).toBe(true)
    expect(isSigned(content({ ...alipaysNotification, total_amount: '1.00' }), signature, key)).toBe(false)
  })

  it('of a request cover all that has a value, sorted, but the signature itself', () => {
    expect(
      signContent({
        sign: 'x',
        version: '1.0',
        app_id: '1',
        body: '',
        sign_type: 'RSA2',
        biz_content: '{"a":"b&c"}',
      }),
    ).toBe('app_id=1&biz_content={"a":"b&c"}&sign_type=RSA2&version=1.0')
  })
})

describe('the gateway', () => {
  it('signs every answer, refusals too, by POST and by GET', async () => {
    expect(await believed(await post(request()))).toMatchObject({
      code: '40004',
      sub_code: 'ACQ.TRADE_NOT_EXIST',
    })
    const got = await fetch(`${world.config.gateway}?${new URLSearchParams(request())}`)
    expect(await believed(got)).toMatchObject({ code: '40004', sub_code: 'ACQ.TRADE_NOT_EXIST' })
  })

  it.each([
    ['isv.invalid-signature', () => request({}, forgersKeys.privateKey)],
    ['isv.invalid-signature', () => ({ ...request(), biz_content: '{"out_trade_no":"2"}' })],
    ['isv.invalid-app-id', () => request({ app_id: '2014072300000000' })],
    ['isv.invalid-signature-type', () => request({ sign_type: 'RSA' })],
    ['isv.invalid-timestamp', () => request({ timestamp: shanghaiTime(Date.now() - 8 * 3_600_000) })],
    ['isv.invalid-method', () => request({ method: 'alipay.trade.nothing' })],
    ['isv.invalid-biz-content', () => request({ biz_content: '{' })],
    ['ACQ.INVALID_PARAMETER', () => request({ biz_content: '{"out_trade_no":"1","surprise":1}' })],
  ])('answers %s', async (sub_code, parameters) => {
    expect(await believed(await post(parameters()))).toMatchObject({ sub_code })
  })

  it('takes what a creation may carry, and amounts as numbers', async () => {
    const content = {
      out_trade_no: '77',
      total_amount: 19.9,
      subject: 'x',
      body: 'y',
      timeout_express: '90m',
      store_id: 'NJ_001',
      product_code: 'FACE_TO_FACE_PAYMENT',
      goods_detail: [{ goods_id: 'g', goods_name: 'x', quantity: 1, price: 19.9 }],
    }
    const made = await post(
      request({ method: 'alipay.trade.precreate', biz_content: JSON.stringify(content) }),
    )
    expect(await believed(made)).toMatchObject({ code: '10000', out_trade_no: '77' })
    expect(await world.buyer.pay('77')).toMatchObject({ captured: '1990' })
  })

  it('finds a trade and a refund by Alipay’s number alone, and refunds without a number of their own', async () => {
    const trade = openRequest()
    await world.alipay.open(trade)
    const { transactionId: trade_no } = await world.buyer.pay(trade.attempt)
    const ask = async (method: string, content: object) =>
      believed(await post(request({ method, biz_content: JSON.stringify(content) })))
    expect(await ask('alipay.trade.query', { trade_no })).toMatchObject({ out_trade_no: trade.attempt })
    expect(await ask('alipay.trade.refund', { trade_no, refund_amount: '1.5' })).toMatchObject({
      fund_change: 'Y',
      refund_fee: '1.50',
    })
    const query = { trade_no, out_request_no: trade.attempt, query_options: ['gmt_refund_pay'] }
    expect(await ask('alipay.trade.fastpay.refund.query', query)).toMatchObject({
      refund_amount: '1.50',
      refund_status: 'REFUND_SUCCESS',
      gmt_refund_pay: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
    })
    expect(await ask('alipay.trade.query', { trade_no: '2099' })).toMatchObject({
      sub_code: 'ACQ.TRADE_NOT_EXIST',
    })
    expect(await ask('alipay.trade.query', { trade_no, out_trade_no: '1' })).toMatchObject({
      sub_code: expect.stringMatching(/^ACQ\./),
    })
  })

  it('refuses a parameter that comes twice', async () => {
    const twice = await fetch(`${world.config.gateway}?method=alipay.trade.query`, {
      method: 'POST',
      body: new URLSearchParams(request()),
    })
    expect(await believed(twice)).toMatchObject({ sub_code: 'isv.invalid-parameter' })
  })

  it('closes a trade whose time has passed', async () => {
    let clock = Date.now()
    const later = await harness({ now: () => clock }, { now: () => clock })
    const trade = openRequest({ expiresAt: new Date(clock + 60_000) })
    await later.alipay.open(trade)
    await later.buyer.fail(trade.attempt)
    clock += 61_000
    expect(await later.alipay.query(trade.attempt)).toEqual({ is: 'closed', state: 'TRADE_CLOSED' })
    await expect(later.buyer.pay(trade.attempt)).rejects.toThrow('ACQ.TRADE_HAS_CLOSE')
    await later.stop()
  })
})

describe('notifications', () => {
  it('come after 4m, 10m, 10m, 1h, 2h, 6h and 15h, until the shop says success', async () => {
    expect(pauses.map((ms) => ms / 60_000)).toEqual([4, 10, 10, 60, 120, 360, 900])
    const trade = openRequest()
    await world.alipay.open(trade)
    world.shop.answers('fail', 'SUCCESS', '<html>success</html>')
    await world.buyer.pay(trade.attempt)
    const tally = await eventually(() => {
      const notices = world.tradeOf(trade.attempt)?.notifications
      return notices?.acked === 1 && notices
    })
    expect(tally).toEqual({ sent: 4, acked: 1, forged: 0 })
    expect(new Set(world.shop.received).size).toBe(1)
  })

  it('come twice, never, and forged, as switched on; what is forged is not believed', async () => {
    const trade = openRequest()
    await world.alipay.open(trade)
    await world.buyer.switches({ notifyTwice: true, forgedNotification: 'first' }, trade.attempt)
    await world.buyer.pay(trade.attempt)
    await eventually(() => world.tradeOf(trade.attempt)?.notifications.acked === 2)
    expect(world.tradeOf(trade.attempt)?.notifications).toEqual({ sent: 2, acked: 2, forged: 1 })
    const answers = await Promise.allSettled(
      world.shop.received.map((body) => world.alipay.callbacks.read(new Headers(), body)),
    )
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
  })
})

describe('the buyer', () => {
  it('may fail to pay and try again, and walk away', async () => {
    const [first, second] = [openRequest(), openRequest()]
    for (const trade of [first, second]) await world.alipay.open(trade)
    expect(await world.buyer.fail(first.attempt)).toMatchObject({ state: 'WAIT_BUYER_PAY', failures: 1 })
    expect(await world.buyer.pay(first.attempt)).toMatchObject({ state: 'TRADE_SUCCESS', captured: '1990' })
    await expect(world.buyer.pay(first.attempt)).rejects.toThrow('ACQ.TRADE_HAS_SUCCESS')
    await world.buyer.close(second.attempt)
    await expect(world.buyer.pay(second.attempt)).rejects.toThrow('ACQ.TRADE_HAS_CLOSE')
  })
})

describe('the sandbox’s variables', () => {
  const keys = { privateKey: merchantKeys.privateKey, publicKey: merchantKeys.publicKey }
  const whole = sandboxEnvironment(
    { sandboxPort: 0 },
    {
      ...{ jwt: keys, merchant: keys, platform: keys, alipayMerchant: keys, alipayPlatform: keys },
      ...{ wechatApiKey: 'x'.repeat(32), wechatV2Key: 'x'.repeat(32), quoteSecret: '' },
    },
  )

  it('have Alipay where all of its own are set, not where none is, and stop the start where some are', () => {
    expect(sandboxConfig(whole).alipay).toMatchObject({
      merchantPublicKey: keys.publicKey,
      platformPrivateKey: keys.privateKey,
    })
    const without = Object.fromEntries(Object.entries(whole).filter(([name]) => !name.includes('ALIPAY')))
    expect(sandboxConfig(without).alipay).toBeUndefined()
    expect(() => sandboxConfig({ ...without, SANDBOX_ALIPAY_APP_ID: '1' })).toThrow('SANDBOX_ALIPAY_')
  })
})
