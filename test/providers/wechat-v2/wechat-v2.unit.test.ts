import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fen } from '../../../domain/money.ts'
import { wechatV2 } from '../../../providers/wechat-v2/wechat-v2.ts'
import { fieldsOf } from '../../../sandbox/wechat-v2/xml.ts'
import { eventually, serving } from '../wechat-v3/harness.ts'
import { harness } from './harness.ts'

let world: Awaited<ReturnType<typeof harness>>
let wechat: typeof world.wechat
beforeAll(async () => {
  world = await harness()
  wechat = world.wechat
})
afterAll(() => world.stop())

const opened = async () => {
  const request = world.openRequest()
  expect(await wechat.open(request)).toMatchObject({ is: 'open' })
  return request
}
const paid = async () => {
  const request = await opened()
  const { transactionId } = await world.buyer.pay(request.attempt)
  return { ...request, transactionId }
}
const tradeOf = (attempt: string) =>
  world.sandbox.ledger().trades.find(({ outTradeNo }) => outTradeNo === attempt)

describe('open', () => {
  it('gives the QR text, and the same one when the same creation is repeated', async () => {
    const request = world.openRequest()
    const first = await wechat.open(request)
    expect(first).toEqual({
      is: 'open',
      answer: { kind: 'qr', qr: expect.stringMatching(/^weixin:\/\/wxpay\/bizpayurl\?pr=/) },
      goodForMs: 7_200_000,
    })
    expect(await wechat.open(request)).toEqual(first)
  })

  it('gives the QR text after the first answer was lost', async () => {
    const request = world.openRequest()
    await world.buyer.switches({ loseAnswer: { open: 1 } }, request.attempt)
    expect(await wechat.open(request)).toMatchObject({ is: 'unknown' })
    expect(await wechat.open(request)).toMatchObject({ is: 'open' })
  })

  it('works with either sign, the one that is configured', async () => {
    const old = wechatV2({ ...world.config, sign: 'MD5' })
    const request = world.openRequest()
    expect(await old.open(request)).toMatchObject({ is: 'open' })
    expect(await old.query(request.attempt, 'settled')).toMatchObject({ is: 'unknown', state: 'NOTPAY' })
  })

  it('does not call the number refused when it repeats it with other parameters', async () => {
    const request = await opened()
    expect(await wechat.open({ ...request, amount: fen(1) })).toMatchObject({
      is: 'unknown',
      code: 'INVALID_REQUEST',
    })
  })

  it('says that a number is paid, also when the creation was repeated with other parameters', async () => {
    const request = await paid()
    expect(await wechat.open(request)).toEqual({ is: 'paid' })
    expect(await wechat.open({ ...request, description: 'other' })).toEqual({ is: 'paid' })
  })

  it('is refused when WeChat refuses and has no trade, or a closed one', async () => {
    const request = world.openRequest()
    await world.buyer.switches({ fail: { open: { times: 1, code: 'NOAUTH' } } }, request.attempt)
    expect(await wechat.open(request)).toMatchObject({ is: 'refused', code: 'NOAUTH' })
    expect(await wechat.open(world.openRequest({ expiresAt: new Date(0) }))).toMatchObject({
      is: 'refused',
      code: 'PARAM_ERROR',
    })
    const closed = await opened()
    await world.buyer.close(closed.attempt)
    expect(await wechat.open(closed)).toMatchObject({ is: 'refused', code: 'ORDERCLOSED' })
  })

  it('is unknown when the refusal follows a creation that worked', async () => {
    const request = world.openRequest()
    await world.buyer.switches({ loseAnswer: { open: 1 } }, request.attempt)
    await wechat.open(request)
    await world.buyer.switches({ fail: { open: { times: 1, code: 'OUT_TRADE_NO_USED' } } }, request.attempt)
    expect(await wechat.open(request)).toMatchObject({ is: 'unknown', code: 'OUT_TRADE_NO_USED' })
  })

  it.each([
    [{ times: 1 }, 'SYSTEMERROR'],
    [{ times: 1, code: 'FREQUENCY_LIMITED' }, 'FREQUENCY_LIMITED'],
    [{ times: 1, status: 502, unsigned: true }, 'HTTP_502'],
  ])('is unknown after %j', async (failure, code) => {
    const request = world.openRequest()
    await world.buyer.switches({ fail: { open: failure } }, request.attempt)
    expect(await wechat.open(request)).toMatchObject({ is: 'unknown', code })
  })

  it('is unknown when the answer is signed by somebody else, or our sign is not believed', async () => {
    const request = world.openRequest()
    await world.buyer.switches({ forgedAnswer: { open: 1 } }, request.attempt)
    expect(await wechat.open(request)).toMatchObject({ is: 'unknown', code: 'UNVERIFIED' })
    const stranger = wechatV2({ ...world.config, key: 'x'.repeat(32) })
    expect(await stranger.open(world.openRequest())).toMatchObject({
      is: 'unknown',
      code: 'RETURN_CODE_FAIL',
    })
  })

  it('is unknown when nobody listens', async () => {
    const nobody = wechatV2({ ...world.config, baseUrl: 'http://127.0.0.1:1' })
    expect(await nobody.open(world.openRequest())).toMatchObject({ is: 'unknown', code: 'ECONNREFUSED' })
  })

  it('is unknown after the time-out, and so is the trade while the creation is in flight', async () => {
    const request = world.openRequest()
    await world.buyer.switches({ slowMs: { open: 400 } }, request.attempt)
    const hasty = wechatV2({ ...world.config, timeoutMs: 100 })
    expect(await hasty.open(request)).toMatchObject({ is: 'unknown', code: 'TIMEOUT' })
    expect(await wechat.query(request.attempt, 'in_flight')).toMatchObject({
      is: 'unknown',
      state: 'ORDERNOTEXIST',
    })
    await eventually(() => tradeOf(request.attempt))
    expect(await wechat.query(request.attempt, 'in_flight')).toMatchObject({ is: 'unknown', state: 'NOTPAY' })
  })

  it('refuses to send what is no amount', async () => {
    await expect(wechat.open(world.openRequest({ amount: fen(0) }))).rejects.toThrow(RangeError)
    await expect(wechat.open(world.openRequest({ amount: fen(2n ** 60n) }))).rejects.toThrow(RangeError)
  })
})

describe('the wire', () => {
  it('ignores the proxies of the environment', async () => {
    const before = process.env.HTTP_PROXY
    process.env.HTTP_PROXY = 'http://127.0.0.1:1'
    try {
      expect(await wechat.open(world.openRequest())).toMatchObject({ is: 'open' })
    } finally {
      if (before === undefined) delete process.env.HTTP_PROXY
      else process.env.HTTP_PROXY = before
    }
  })

  it('carries a repeated creation with the same parameters, the deadline in Beijing time', async () => {
    const bodies: Record<string, string>[] = []
    const stub = await serving(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      bodies.push(fieldsOf(body))
      response.writeHead(500).end()
    })
    const provider = wechatV2({ ...world.config, baseUrl: stub.url })
    const request = world.openRequest({
      expiresAt: new Date('2026-12-31T16:29:59.999Z'),
      payer: { ip: '2001:db8::1' },
    })
    await provider.open(request)
    await provider.open(request)
    await stub.stop()
    const [first, second] = bodies.map(({ nonce_str, sign, ...rest }) => rest)
    expect(first).toEqual(second)
    expect(first).toEqual({
      appid: world.config.appId,
      mch_id: world.config.mchId,
      sign_type: 'HMAC-SHA256',
      trade_type: 'NATIVE',
      product_id: request.attempt,
      out_trade_no: request.attempt,
      body: request.description,
      attach: 'order:1',
      fee_type: 'CNY',
      total_fee: '1990',
      spbill_create_ip: '2001:db8::1',
      time_expire: '20270101002959',
      notify_url: world.config.notifyUrl,
    })
  })

  it('cuts a description to the 127 bytes that WeChat takes, between characters', async () => {
    expect(await wechat.open(world.openRequest({ description: '长'.repeat(300) }))).toMatchObject({
      is: 'open',
    })
    expect(await wechat.open(world.openRequest({ description: '<&>"' }))).toMatchObject({ is: 'open' })
  })
})
