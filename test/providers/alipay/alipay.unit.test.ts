import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fen } from '../../../domain/money.ts'
import { alipay as alipayOf } from '../../../providers/alipay/alipay.ts'
import type { PaymentProvider } from '../../../providers/provider.ts'
import { attemptNumber, harness, openRequest, pen, serving } from './harness.ts'

let world: Awaited<ReturnType<typeof harness>>
let alipay: PaymentProvider
beforeAll(async () => {
  world = await harness()
  alipay = world.alipay
})
afterAll(() => world.stop())

/** A code that the buyer has scanned, so that Alipay has a trade. */
const scanned = async () => {
  const request = openRequest()
  expect(await alipay.open(request)).toMatchObject({ is: 'open' })
  await world.buyer.fail(request.attempt)
  return request
}
const paid = async () => {
  const request = await scanned()
  const { transactionId } = await world.buyer.pay(request.attempt)
  return { ...request, transactionId }
}

describe('a code', () => {
  it('is the same one when the same creation is repeated, also after its answer was lost', async () => {
    const request = openRequest()
    await world.buyer.switches({ loseAnswer: { open: 1 } }, request.attempt)
    expect(await alipay.open(request)).toMatchObject({ is: 'unknown' })
    const first = await alipay.open(request)
    expect(first).toEqual({
      is: 'open',
      answer: { kind: 'qr', qr: expect.stringMatching(/^https:\/\/qr\.alipay\.com\//) },
      goodForMs: 7_200_000,
    })
    expect(await alipay.open(request)).toEqual(first)
  })

  it('is refused when Alipay refuses and has no trade, or a closed one', async () => {
    const request = openRequest()
    await world.buyer.switches(
      { fail: { open: { times: 1, status: 400, code: 'ACCESS_FORBIDDEN' } } },
      request.attempt,
    )
    expect(await alipay.open(request)).toMatchObject({ is: 'refused', code: 'ACQ.ACCESS_FORBIDDEN' })
    const old = openRequest({ expiresAt: new Date(Date.now() - 60_000) })
    expect(await alipay.open(old)).toMatchObject({ is: 'refused', code: 'ACQ.INVALID_PARAMETER' })
    const closed = await scanned()
    await alipay.close(closed.attempt, 'settled')
    expect(await alipay.open(closed)).toMatchObject({ is: 'refused', code: 'ACQ.TRADE_HAS_CLOSE' })
  })

  it('is not called refused while the trade of its number waits, and paid when that is paid', async () => {
    const request = await scanned()
    expect(await alipay.open({ ...request, amount: fen(1) })).toMatchObject({
      is: 'unknown',
      code: 'ACQ.CONTEXT_INCONSISTENT',
    })
    await world.buyer.pay(request.attempt)
    expect(await alipay.open(request)).toEqual({ is: 'paid' })
    expect(await alipay.open({ ...request, amount: fen(1) })).toEqual({ is: 'paid' })
  })

  it.each([
    [{ times: 1 }, 'ACQ.SYSTEM_ERROR'],
    [{ times: 1, status: 400, code: 'SYSTEM_ERROR' }, 'ACQ.SYSTEM_ERROR'],
    [{ times: 1, status: 502, unsigned: true }, 'UNVERIFIED_502'],
    [{ times: 1, status: 400, code: 'ACCESS_FORBIDDEN', unsigned: true }, 'UNVERIFIED_400'],
    [{ times: 1, status: 400, code: 'isv.invalid-signature' }, 'isv.invalid-signature'],
  ])('is unknown after %j', async (failure, code) => {
    const request = openRequest()
    await world.buyer.switches({ fail: { open: failure } }, request.attempt)
    expect(await alipay.open(request)).toMatchObject({ is: 'unknown', code })
  })

  it('is unknown when the answer is signed by somebody else, comes too late, or from nobody', async () => {
    const request = openRequest()
    await world.buyer.switches({ forgedAnswer: { open: 1 } }, request.attempt)
    expect(await alipay.open(request)).toMatchObject({ is: 'unknown', code: 'UNVERIFIED_200' })
    await world.buyer.switches({ slowMs: { open: 400 } }, request.attempt)
    expect(await alipayOf({ ...world.config, timeoutMs: 100 }).open(request)).toMatchObject({
      is: 'unknown',
      code: 'TIMEOUT',
    })
    const gone = await serving(() => undefined)
    await gone.stop()
    const nobody = alipayOf({ ...world.config, gateway: `${gone.url}/gateway.do` })
    expect(await nobody.open(openRequest())).toMatchObject({ is: 'unknown', code: 'ECONNREFUSED' })
  })

  it('refuses to send what is no amount', async () => {
    await expect(alipay.open(openRequest({ amount: fen(0) }))).rejects.toThrow(RangeError)
    await expect(alipay.open(openRequest({ product: 'page', amount: fen(10_000_000_001n) }))).rejects.toThrow(
      RangeError,
    )
  })
})

describe('close', () => {
  it('closes an open trade, so that it takes no money, and says so again', async () => {
    const { attempt } = await scanned()
    expect(await alipay.close(attempt, 'settled')).toEqual({ is: 'closed', state: 'TRADE_CLOSED' })
    await expect(world.buyer.pay(attempt)).rejects.toThrow('ACQ.TRADE_HAS_CLOSE')
    expect(await alipay.close(attempt, 'settled')).toEqual({ is: 'closed', state: 'TRADE_CLOSED' })
  })

  it('finds the payment that came before it, or while it was closing', async () => {
    const { attempt, transactionId } = await paid()
    expect(await alipay.close(attempt, 'settled')).toMatchObject({
      is: 'paid',
      facts: { transaction: transactionId, attempt, amount: 1990n },
    })
    const late = await scanned()
    await world.buyer.switches({ payBeforeClose: true }, late.attempt)
    expect(await alipay.close(late.attempt, 'settled')).toMatchObject({
      is: 'paid',
      facts: { attempt: late.attempt, state: 'TRADE_SUCCESS' },
    })
  })

  it('believes the query when the answer to the close was lost, late or forged', async () => {
    for (const switches of [{ loseAnswer: { close: 1 } }, { forgedAnswer: { close: 1 } }]) {
      const { attempt } = await scanned()
      await world.buyer.switches(switches, attempt)
      expect(await alipay.close(attempt, 'settled')).toEqual({ is: 'closed', state: 'TRADE_CLOSED' })
    }
    const { attempt } = await scanned()
    await world.buyer.switches({ slowMs: { close: 2000 } }, attempt)
    expect(await alipayOf({ ...world.config, timeoutMs: 600 }).close(attempt, 'settled')).toMatchObject({
      is: 'unknown',
      state: 'WAIT_BUYER_PAY',
    })
  })

  it('is unknown when closing failed and the trade is still open, or when asking fails', async () => {
    const { attempt } = await scanned()
    await world.buyer.switches({ fail: { close: { times: 1 } } }, attempt)
    expect(await alipay.close(attempt, 'settled')).toMatchObject({ is: 'unknown', state: 'WAIT_BUYER_PAY' })
    await world.buyer.switches({ fail: { query: { times: 1 } } }, attempt)
    expect(await alipay.close(attempt, 'settled')).toMatchObject({ is: 'unknown', state: 'ACQ.SYSTEM_ERROR' })
  })

  it('takes "no such trade" for closed, but not while a creation is in flight', async () => {
    const attempt = attemptNumber()
    expect(await alipay.close(attempt, 'in_flight')).toMatchObject({
      is: 'unknown',
      state: 'ACQ.TRADE_NOT_EXIST',
    })
    expect(await alipay.close(attempt, 'settled')).toEqual({ is: 'closed', state: 'ACQ.TRADE_NOT_EXIST' })
  })

  it('still notifies of money taken on a closed trade', async () => {
    const { attempt } = await scanned()
    await world.buyer.switches({ takeMoneyWhenClosed: true }, attempt)
    expect(await alipay.close(attempt, 'settled')).toMatchObject({ is: 'closed' })
    await world.buyer.pay(attempt)
    expect(await alipay.query(attempt, 'settled')).toMatchObject({
      is: 'paid',
      facts: { attempt, amount: 1990n },
    })
  })
})

describe('the wire', () => {
  it('carries a repeated creation with identical content, times in Shanghai’s whatever this process’s zone is', async () => {
    const requests: URLSearchParams[] = []
    const stub = await serving(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      requests.push(
        new URLSearchParams([
          ...new URL(request.url ?? '', 'http://x').searchParams,
          ...new URLSearchParams(body),
        ]),
      )
      response.end(pen.answer('alipay.trade.precreate', { code: '20000', sub_code: 'isp.unknow-error' }))
    })
    const now = () => Date.parse('2026-12-31T16:29:58.500Z')
    const provider = alipayOf({
      ...world.config,
      gateway: `${stub.url}/gateway.do`,
      now,
      returnUrl: 'https://shop.example/thanks',
    })
    const request = openRequest({
      expiresAt: new Date('2026-12-31T16:59:59.999Z'),
      description: '长/=&'.repeat(100),
    })
    const zone = process.env.TZ
    try {
      for (const TZ of ['America/Los_Angeles', 'Asia/Shanghai']) {
        process.env.TZ = TZ
        expect(await provider.open(request)).toMatchObject({ is: 'unknown', code: 'isp.unknow-error' })
      }
    } finally {
      if (zone === undefined) delete process.env.TZ
      else process.env.TZ = zone
      await stub.stop()
    }
    const [first, second] = requests
    expect(first?.toString()).toBe(second?.toString())
    expect(Object.fromEntries(first ?? [])).toMatchObject({
      ...{
        method: 'alipay.trade.precreate',
        app_id: world.config.appId,
        charset: 'utf-8',
        sign_type: 'RSA2',
        version: '1.0',
      },
      ...{
        timestamp: '2027-01-01 00:29:58',
        notify_url: world.config.notifyUrl,
        return_url: 'https://shop.example/thanks',
      },
    })
    expect(JSON.parse(first?.get('biz_content') ?? '')).toEqual({
      out_trade_no: request.attempt,
      total_amount: '19.90',
      subject: '长   '.repeat(64),
      time_expire: '2027-01-01 00:59:59',
      passback_params: 'order%3A1',
    })
  })
})
