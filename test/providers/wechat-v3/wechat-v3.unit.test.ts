import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fen } from '../../../domain/money.ts'
import type { PaymentProvider } from '../../../providers/provider.ts'
import { wechatV3 } from '../../../providers/wechat-v3/wechat-v3.ts'
import { attemptNumber, eventually, harness, openRequest, serving } from './harness.ts'

let world: Awaited<ReturnType<typeof harness>>
let wechat: PaymentProvider
beforeAll(async () => {
  world = await harness()
  wechat = world.wechat
})
afterAll(() => world.stop())

const opened = async () => {
  const request = openRequest()
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
    const request = openRequest()
    const first = await wechat.open(request)
    expect(first).toEqual({
      is: 'open',
      answer: { kind: 'qr', qr: expect.stringMatching(/^weixin:\/\/wxpay\/bizpayurl\?pr=/) },
      goodForMs: 7_200_000,
    })
    expect(await wechat.open(request)).toEqual(first)
  })

  it('gives the QR text after the first answer was lost', async () => {
    const request = openRequest()
    await world.buyer.switches({ loseAnswer: { open: 1 } }, request.attempt)
    expect(await wechat.open(request)).toMatchObject({ is: 'unknown' })
    expect(await wechat.open(request)).toMatchObject({ is: 'open' })
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
    const request = openRequest()
    await world.buyer.switches(
      { fail: { open: { times: 1, status: 403, code: 'NO_AUTH' } } },
      request.attempt,
    )
    expect(await wechat.open(request)).toMatchObject({ is: 'refused', code: 'NO_AUTH' })
    const old = openRequest({ expiresAt: new Date(Date.now() - 60_000) })
    expect(await wechat.open(old)).toMatchObject({ is: 'refused', code: 'PARAM_ERROR' })
    const closed = await opened()
    await wechat.close(closed.attempt, 'settled')
    expect(await wechat.open(closed)).toMatchObject({ is: 'refused', code: 'ORDER_CLOSED' })
  })

  it('is unknown when the refusal follows a creation that worked', async () => {
    const request = openRequest()
    await world.buyer.switches({ loseAnswer: { open: 1 } }, request.attempt)
    await wechat.open(request)
    await world.buyer.switches(
      { fail: { open: { times: 1, status: 400, code: 'PARAM_ERROR' } } },
      request.attempt,
    )
    expect(await wechat.open(request)).toMatchObject({ is: 'unknown', code: 'PARAM_ERROR' })
  })

  it.each([
    [{ times: 1 }, 'SYSTEM_ERROR'],
    [{ times: 1, status: 429, code: 'FREQUENCY_LIMITED' }, 'FREQUENCY_LIMITED'],
    [{ times: 1, status: 502, unsigned: true }, 'UNVERIFIED_502'],
    [{ times: 1, status: 400, code: 'PARAM_ERROR', unsigned: true }, 'UNVERIFIED_400'],
  ])('is unknown after %j', async (failure, code) => {
    const request = openRequest()
    await world.buyer.switches({ fail: { open: failure } }, request.attempt)
    expect(await wechat.open(request)).toMatchObject({ is: 'unknown', code })
  })

  it('is unknown when the answer is signed by somebody else', async () => {
    const request = openRequest()
    await world.buyer.switches({ forgedAnswer: { open: 1 } }, request.attempt)
    expect(await wechat.open(request)).toMatchObject({ is: 'unknown', code: 'UNVERIFIED_200' })
  })

  it('is unknown when nobody listens', async () => {
    const nobody = wechatV3({ ...world.config, baseUrl: 'http://127.0.0.1:1' })
    expect(await nobody.open(openRequest())).toMatchObject({ is: 'unknown', code: 'ECONNREFUSED' })
  })

  it('is unknown after the time-out, and so is the trade while the creation is in flight', async () => {
    const request = openRequest()
    await world.buyer.switches({ slowMs: { open: 400 } }, request.attempt)
    const hasty = wechatV3({ ...world.config, timeoutMs: 100 })
    expect(await hasty.open(request)).toMatchObject({ is: 'unknown', code: 'TIMEOUT' })
    expect(await wechat.query(request.attempt, 'in_flight')).toMatchObject({
      is: 'unknown',
      state: 'ORDER_NOT_EXIST',
    })
    await eventually(() => tradeOf(request.attempt))
    expect(await wechat.query(request.attempt, 'in_flight')).toMatchObject({ is: 'unknown', state: 'NOTPAY' })
  })

  it('refuses to send what is no amount', async () => {
    await expect(wechat.open(openRequest({ amount: fen(0) }))).rejects.toThrow(RangeError)
    await expect(wechat.open(openRequest({ amount: fen(2n ** 60n) }))).rejects.toThrow(RangeError)
  })
})

describe('close', () => {
  it('closes an open trade, so that it takes no money, and says so again', async () => {
    const { attempt } = await opened()
    expect(await wechat.close(attempt, 'settled')).toEqual({ is: 'closed', state: 'CLOSED' })
    await expect(world.buyer.pay(attempt)).rejects.toThrow('ORDER_CLOSED')
    expect(await wechat.close(attempt, 'settled')).toEqual({ is: 'closed', state: 'CLOSED' })
  })

  it('finds the payment that came before it', async () => {
    const { attempt, transactionId } = await paid()
    expect(await wechat.close(attempt, 'settled')).toMatchObject({
      is: 'paid',
      facts: { transaction: transactionId, attempt, amount: 1990n },
    })
  })

  it('finds the payment that came while it was closing', async () => {
    const { attempt } = await opened()
    await world.buyer.switches({ payBeforeClose: true }, attempt)
    expect(await wechat.close(attempt, 'settled')).toMatchObject({
      is: 'paid',
      facts: { attempt, state: 'SUCCESS' },
    })
  })

  it('believes the query when the answer to the close was lost, late or forged', async () => {
    for (const switches of [{ loseAnswer: { close: 1 } }, { forgedAnswer: { close: 1 } }]) {
      const { attempt } = await opened()
      await world.buyer.switches(switches, attempt)
      expect(await wechat.close(attempt, 'settled')).toEqual({ is: 'closed', state: 'CLOSED' })
    }
    const { attempt } = await opened()
    await world.buyer.switches({ slowMs: { close: 2000 } }, attempt)
    expect(await wechatV3({ ...world.config, timeoutMs: 600 }).close(attempt, 'settled')).toMatchObject({
      is: 'unknown',
      state: 'NOTPAY',
    })
  })

  it('is unknown when closing failed and the trade is still open, or when asking fails', async () => {
    const { attempt } = await opened()
    await world.buyer.switches({ fail: { close: { times: 1 } } }, attempt)
    expect(await wechat.close(attempt, 'settled')).toMatchObject({ is: 'unknown', state: 'NOTPAY' })
    await world.buyer.switches({ fail: { query: { times: 1 } } }, attempt)
    expect(await wechat.close(attempt, 'settled')).toMatchObject({ is: 'unknown', state: 'SYSTEM_ERROR' })
  })

  it('takes "no such trade" for closed, but not while a creation is in flight', async () => {
    const attempt = attemptNumber()
    expect(await wechat.close(attempt, 'in_flight')).toMatchObject({
      is: 'unknown',
      state: 'ORDER_NOT_EXIST',
    })
    expect(await wechat.close(attempt, 'settled')).toEqual({ is: 'closed', state: 'ORDER_NOT_EXIST' })
  })

  it('still notifies of money taken on a closed trade', async () => {
    const { attempt } = await opened()
    await world.buyer.switches({ takeMoneyWhenClosed: true }, attempt)
    expect(await wechat.close(attempt, 'settled')).toMatchObject({ is: 'closed' })
    await world.buyer.pay(attempt)
    expect(await wechat.query(attempt, 'settled')).toMatchObject({
      is: 'paid',
      facts: { attempt, amount: 1990n },
    })
  })
})

describe('the wire', () => {
  it('ignores the proxies of the environment', async () => {
    const before = process.env.HTTP_PROXY
    process.env.HTTP_PROXY = 'http://127.0.0.1:1'
    try {
      expect(await wechat.open(openRequest())).toMatchObject({ is: 'open' })
    } finally {
      if (before === undefined) delete process.env.HTTP_PROXY
      else process.env.HTTP_PROXY = before
    }
  })

  it('carries a repeated creation byte for byte, with the deadline in Beijing time', async () => {
    const bodies: string[] = []
    const stub = await serving(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      bodies.push(body)
      response.writeHead(500).end()
    })
    const provider = wechatV3({ ...world.config, baseUrl: stub.url })
    const request = openRequest({ expiresAt: new Date('2026-12-31T16:29:59.999Z') })
    await provider.open(request)
    await provider.open(request)
    await stub.stop()
    expect(bodies[0]).toBe(bodies[1])
    expect(JSON.parse(bodies[0] ?? '')).toEqual({
      appid: world.config.appId,
      mchid: world.config.mchId,
      description: request.description,
      out_trade_no: request.attempt,
      time_expire: '2027-01-01T00:29:59+08:00',
      attach: 'order:1',
      notify_url: world.config.notifyUrl,
      amount: { total: 1990, currency: 'CNY' },
    })
  })

  it('cuts a description to the 127 characters that WeChat takes', async () => {
    expect(await wechat.open(openRequest({ description: '长'.repeat(300) }))).toMatchObject({ is: 'open' })
  })
})
