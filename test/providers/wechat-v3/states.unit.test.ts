import { createPrivateKey, createPublicKey } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PaymentProvider } from '../../../providers/provider.ts'
import { meanings } from '../../../providers/wechat-v3/states.ts'
import { wechatV3 } from '../../../providers/wechat-v3/wechat-v3.ts'
import { platform } from '../../../sandbox/wechat-v3/signature.ts'
import { attemptNumber, harness, openRequest, platformKeys, serving, shared } from './harness.ts'

let world: Awaited<ReturnType<typeof harness>>
let wechat: PaymentProvider
beforeAll(async () => {
  world = await harness()
  wechat = world.wechat
})
afterAll(() => world.stop())

describe('query', () => {
  const { SUCCESS, ...unpaid } = meanings.states

  it('knows a paid trade with its facts, and nothing of the payer', async () => {
    const request = openRequest()
    await wechat.open(request)
    const { transactionId } = await world.buyer.pay(request.attempt)
    expect(SUCCESS).toBe('paid')
    expect(await wechat.query(request.attempt, 'settled')).toEqual({
      is: 'paid',
      facts: {
        provider: 'wechat-v3',
        transaction: transactionId,
        attempt: request.attempt,
        state: 'SUCCESS',
        amount: 1990n,
        currency: 'CNY',
        merchant: shared.mchId,
        app: shared.appId,
      },
    })
  })

  it.each(Object.entries(unpaid))('reads the state %s as %s', async (state, means) => {
    const { attempt } = await opened()
    await world.buyer.switches({ tradeState: state }, attempt)
    expect(await wechat.query(attempt, 'settled')).toEqual({ is: means, state })
  })

  it.each(Object.entries(meanings.errors))('reads the error %s as %s', async (code, means) => {
    const { attempt } = await opened()
    const failure = { times: 2, status: means === 'missing' ? 404 : 400, code }
    await world.buyer.switches({ fail: { query: failure } }, attempt)
    expect(await wechat.query(attempt, 'settled')).toMatchObject({
      is: means === 'missing' ? 'closed' : means,
      state: code,
    })
    expect(await wechat.query(attempt, 'in_flight')).toMatchObject({
      is: means === 'missing' ? 'unknown' : means,
      state: code,
    })
  })

  it.each(['SOMETHING_NEW', 'constructor', '__proto__'])(
    'takes the undocumented state %s for unknown',
    async (state) => {
      const { attempt } = await opened()
      await world.buyer.switches({ tradeState: state }, attempt)
      expect(await wechat.query(attempt, 'settled')).toMatchObject({ is: 'unknown', state })
      await world.buyer.switches({ fail: { query: { times: 1, status: 400, code: state } } }, attempt)
      expect(await wechat.query(attempt, 'settled')).toMatchObject({ is: 'unknown', state })
    },
  )

  it('believes "no such trade" from WeChat alone, and with its own status', async () => {
    const { attempt } = await opened()
    await world.buyer.switches(
      { fail: { query: { times: 1, status: 404, code: 'ORDER_NOT_EXIST', unsigned: true } } },
      attempt,
    )
    expect(await wechat.query(attempt, 'settled')).toMatchObject({ is: 'unknown', state: 'UNVERIFIED_404' })
    await world.buyer.switches(
      { fail: { query: { times: 1, status: 500, code: 'ORDER_NOT_EXIST' } } },
      attempt,
    )
    expect(await wechat.query(attempt, 'settled')).toMatchObject({ is: 'unknown', state: 'ORDER_NOT_EXIST' })
  })

  it('believes neither "closed" nor "paid" with somebody else’s signature', async () => {
    const { attempt } = await opened()
    for (const tradeState of ['CLOSED', 'SUCCESS']) {
      await world.buyer.switches({ tradeState, forgedAnswer: { query: 1 } }, attempt)
      expect(await wechat.query(attempt, 'settled')).toMatchObject({ is: 'unknown', state: 'UNVERIFIED_200' })
    }
  })

  it('says what was captured when that is not what was asked', async () => {
    const { attempt } = await opened()
    await world.buyer.switches({ captureFen: '1' }, attempt)
    await world.buyer.pay(attempt)
    expect(await wechat.query(attempt, 'settled')).toMatchObject({ is: 'paid', facts: { amount: 1n } })
  })
})

describe('an answer that WeChat signed', () => {
  const { headers } = platform(shared.platformKeyId, platformKeys.privateKey, Date.now)
  const attempt = attemptNumber()
  const whole = {
    appid: shared.appId,
    mchid: shared.mchId,
    out_trade_no: attempt,
    transaction_id: '42',
    trade_state: 'SUCCESS',
    amount: { total: 5, payer_total: 3, currency: 'CNY' },
  }
  const answerTo = async (body: string, status = 200) => {
    const stub = await serving((_, response) => response.writeHead(status, { ...headers(body) }).end(body))
    try {
      return await wechatV3({ ...world.config, baseUrl: stub.url }).query(attempt, 'settled')
    } finally {
      await stub.stop()
    }
  }

  it('is compared by the total, whatever coupon of WeChat’s paid a part', async () => {
    expect(await answerTo(JSON.stringify(whole))).toMatchObject({ is: 'paid', facts: { amount: 5n } })
  })

  it.each([
    ['of another trade', { ...whole, out_trade_no: '77' }, 'MISMATCH'],
    ['without a transaction', { ...whole, transaction_id: undefined }, 'UNREADABLE'],
    ['with half a fen', { ...whole, amount: { total: 0.5, currency: 'CNY' } }, 'UNREADABLE'],
    ['with an amount in words', { ...whole, amount: { total: '5', currency: 'CNY' } }, 'UNREADABLE'],
    [
      'with an amount beyond exact numbers',
      { ...whole, amount: { total: 2 ** 60, currency: 'CNY' } },
      'UNREADABLE',
    ],
    ['without a state', { ...whole, trade_state: undefined }, 'UNREADABLE'],
  ])('is unknown %s', async (_, body, state) => {
    expect(await answerTo(JSON.stringify(body))).toMatchObject({ is: 'unknown', state })
  })

  it.each(['', 'not json', 'null', '[]'])('is unknown when it reads %j', async (body) => {
    expect(await answerTo(body)).toMatchObject({ is: 'unknown' })
    expect(await answerTo(body, 404)).toMatchObject({ is: 'unknown', state: 'HTTP_404' })
  })

  it('comes over one connection for many calls', async () => {
    const body = JSON.stringify(whole)
    const stub = await serving((_, response) => response.writeHead(200, { ...headers(body) }).end(body))
    const kept = wechatV3({ ...world.config, baseUrl: stub.url })
    for (let i = 0; i < 3; i += 1) await kept.query(attempt, 'settled')
    expect(stub.connections()).toBe(1)
    await stub.stop()
  })

  it('is not followed elsewhere', async () => {
    const body = JSON.stringify(whole)
    const stub = await serving((request, response) => {
      const moved = request.url?.startsWith('/v3/')
      response
        .writeHead(moved ? 302 : 200, {
          ...headers(moved ? '' : body),
          ...(moved && { location: '/elsewhere' }),
        })
        .end(moved ? '' : body)
    })
    expect(await wechatV3({ ...world.config, baseUrl: stub.url }).query(attempt, 'settled')).toMatchObject({
      is: 'unknown',
      state: 'HTTP_302',
    })
    await stub.stop()
  })
})

describe('a configuration that cannot work', () => {
  it.each([
    ['privateKey', { privateKey: 'MIIE' }, 'PEM'],
    ['platformKeys.A1', { platformKeys: { A1: 'nonsense' } }, 'must be under its id'],
    ['platformKeys.A1B2C3D4', { platformKeys: { A1B2C3D4: 'nonsense' } }, 'PEM'],
    ['platformKeys', { platformKeys: {} }, 'at least one'],
    ['platformKeys', { platformKeys: { [shared.serial]: platformKeys.publicKey } }, "not the merchant's own"],
    ['apiKey', { apiKey: 'short' }, '32 characters'],
    ['apiKey', { apiKey: '密'.repeat(32) }, '32 characters'],
    ['mchId', { mchId: '' }, 'digits'],
    ['appId', { appId: '' }, 'AppID'],
    ['serial', { serial: 'not hex' }, 'hexadecimal'],
    ['baseUrl', { baseUrl: 'api.mch.weixin.qq.com' }, 'absolute'],
    ['notifyUrl', { notifyUrl: 'https://shop.example/notify?x=1' }, 'without query'],
    ['timeoutMs', { timeoutMs: 0 }, 'positive'],
  ])('stops at once and names %s', (field, over, remedy) => {
    expect(() => wechatV3({ ...world.config, ...over })).toThrow(
      new RegExp(`wechat-v3 is not configured right:\\n {2}${field}: .*${remedy}`),
    )
  })

  it('never repeats a key in its message', () => {
    const secret = 'x'.repeat(31)
    expect(() => wechatV3({ ...world.config, apiKey: secret, privateKey: 'not a key' })).toThrow(
      expect.not.stringContaining(secret),
    )
  })

  it('takes keys of any PEM kind', () => {
    const privateKey = createPrivateKey(world.config.privateKey)
      .export({ type: 'pkcs1', format: 'pem' })
      .toString()
    const publicKey = createPublicKey(platformKeys.publicKey)
      .export({ type: 'pkcs1', format: 'pem' })
      .toString()
    expect(
      wechatV3({ ...world.config, privateKey, platformKeys: { [shared.platformKeyId]: publicKey } }).name,
    ).toBe('wechat-v3')
  })
})

async function opened() {
  const request = openRequest()
  expect(await wechat.open(request)).toMatchObject({ is: 'open' })
  return request
}
