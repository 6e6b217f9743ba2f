import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fen } from '../../../domain/money.ts'
import { wechatV3 } from '../../../providers/wechat-v3/wechat-v3.ts'
import { platform, seal } from '../../../sandbox/wechat-v3/signature.ts'
import { rejectionOf } from '../rejection.ts'
import {
  eventually,
  forgersKeys,
  platformKeys as gatewayKeys,
  harness,
  openRequest,
  type Received,
  refundNumber,
  shared,
} from './harness.ts'

let world: Awaited<ReturnType<typeof harness>>
let genuine: Received
let attempt: string
beforeAll(async () => {
  world = await harness()
  const request = openRequest()
  attempt = request.attempt
  await world.wechat.open(request)
  await world.buyer.pay(attempt)
  const [first] = await world.shop.arrived(1)
  if (!first) throw new Error('nothing arrived')
  genuine = first
})
afterAll(() => world.stop())

/** Why it is rejected; nothing when it is believed. */
const why = ({ headers, body }: Received, provider = world.wechat) =>
  rejectionOf(provider.callbacks.read(headers, body))
const withHeader = (name: string, value: string | undefined): Received => {
  const headers = new Headers(genuine.headers)
  if (value === undefined) headers.delete(name)
  else headers.set(name, value)
  return { headers, body: genuine.body }
}
const timestamp = () => Number(genuine.headers.get('Wechatpay-Timestamp'))
/** What WeChat itself would send: any content, rightly encrypted and signed. */
const fromWechat = (
  event: string,
  content: unknown,
  { apiKey = shared.apiKey, ...over }: { apiKey?: string } & Record<string, unknown> = {},
): Received => {
  const plain = typeof content === 'string' ? content : JSON.stringify(content)
  const resource = { algorithm: 'AEAD_AES_256_GCM', nonce: 'abcdefghijkl', associated_data: 'transaction' }
  const ciphertext = seal(plain, {
    key: Buffer.from(apiKey),
    nonce: resource.nonce,
    associated: resource.associated_data,
  })
  const body = JSON.stringify({ id: '1', event_type: event, resource: { ...resource, ciphertext }, ...over })
  return {
    headers: new Headers(platform(shared.platformKeyId, gatewayKeys.privateKey, Date.now).headers(body)),
    body,
  }
}
const payment = {
  appid: 'wx-other',
  mchid: '1',
  out_trade_no: 'not-ours',
  transaction_id: '42',
  trade_state: 'SUCCESS',
  amount: { total: 5, payer_total: 3, currency: 'USD' },
  payer: { openid: 'secret' },
}

describe('a notification', () => {
  it('says that a trade was paid, with the facts and nothing of the payer', async () => {
    const notified = await world.wechat.callbacks.read(genuine.headers, genuine.body)
    expect(notified).toMatchObject({
      is: 'payment',
      facts: { attempt, amount: fen(1990), currency: 'CNY', merchant: shared.mchId, app: shared.appId },
    })
    expect(
      JSON.stringify(notified, (_, value) => (typeof value === 'bigint' ? value.toString() : value)),
    ).not.toContain('oUpF8uMuAJO')
  })

  it('is read for what it says, also about other merchants, apps, numbers and currencies: comparing is the resolver’s', async () => {
    const { headers, body } = fromWechat('TRANSACTION.SUCCESS', payment)
    expect(await world.wechat.callbacks.read(headers, body)).toMatchObject({
      is: 'payment',
      facts: { attempt: 'not-ours', amount: 5n, currency: 'USD', merchant: '1', app: 'wx-other' },
    })
  })

  it.each(['SUCCESS', 'CLOSED', 'ABNORMAL'] as const)('says that a refund ended %s', async (refundEnds) => {
    const request = openRequest()
    await world.wechat.open(request)
    await world.buyer.switches({ refundEnds }, request.attempt)
    const { transactionId } = await world.buyer.pay(request.attempt)
    const refund = refundNumber(transactionId)
    await world.wechat.refund({ ...request, refund, transaction: transactionId, captured: request.amount })
    const found = await eventually(async () => {
      const all = await Promise.all(
        world.shop.received.map(({ headers, body }) => world.wechat.callbacks.read(headers, body)),
      )
      return all.find((notified) => notified.is === 'refund' && notified.facts.refund === refund)
    })
    expect(found).toMatchObject({
      is: 'refund',
      facts: {
        refund,
        attempt: request.attempt,
        state: refundEnds,
        amount: request.amount,
        transaction: transactionId,
      },
    })
  })

  it('of another kind is none of our business', async () => {
    const { headers, body } = fromWechat('COUPON.USE', {})
    expect(await world.wechat.callbacks.read(headers, body)).toEqual({ is: 'other', type: 'COUPON.USE' })
  })

  it('is believed with either of two platform keys while they rotate', async () => {
    const platformKeys = {
      [shared.platformKeyId]: gatewayKeys.publicKey,
      '7132D72A03E93CDDF8C03BBD1F37EEDF': forgersKeys.publicKey,
    }
    const rotating = wechatV3({ ...world.config, platformKeys })
    const next = platform('7132D72A03E93CDDF8C03BBD1F37EEDF', forgersKeys.privateKey, Date.now)
    expect(await why(genuine, rotating)).toBeUndefined()
    expect(
      await why({ headers: new Headers(next.headers(genuine.body)), body: genuine.body }, rotating),
    ).toBeUndefined()
  })
})

describe('a notification is rejected', () => {
  it('with one byte of its body changed, wherever that is', async () => {
    for (let at = 0; at < genuine.body.length; at += 37) {
      const other = genuine.body[at] === 'A' ? 'B' : 'A'
      expect(
        await why({ ...genuine, body: genuine.body.slice(0, at) + other + genuine.body.slice(at + 1) }),
      ).toBe('signature')
    }
    expect(await why({ ...genuine, body: `${genuine.body} ` })).toBe('signature')
  })

  it('with another nonce, signature or time stamp than those that were signed', async () => {
    expect(await why(withHeader('Wechatpay-Nonce', 'other'))).toBe('signature')
    expect(await why(withHeader('Wechatpay-Nonce', undefined))).toBe('signature')
    expect(await why(withHeader('Wechatpay-Signature', 'WECHATPAY/SIGNTEST/abc'))).toBe('signature')
    expect(await why(withHeader('Wechatpay-Signature', undefined))).toBe('signature')
    expect(await why(withHeader('Wechatpay-Timestamp', String(timestamp() + 1)))).toBe('signature')
  })

  it('when somebody else signed it under WeChat’s serial', async () => {
    const forged = platform(shared.platformKeyId, forgersKeys.privateKey, Date.now).headers(genuine.body)
    expect(await why({ headers: new Headers(forged), body: genuine.body })).toBe('signature')
  })

  it('under a serial that we do not know', async () => {
    for (const serial of ['5157F09EFDC096DE15EBE81A47057A7232F1B8E1', '', '__proto__', undefined]) {
      expect(await why(withHeader('Wechatpay-Serial', serial))).toBe('serial')
    }
  })

  it('more than 300 s old or early, and not at 300 s', async () => {
    const at = (seconds: number) => wechatV3({ ...world.config, now: () => (timestamp() + seconds) * 1000 })
    expect(await why(genuine, at(301))).toBe('timestamp')
    expect(await why(genuine, at(-301))).toBe('timestamp')
    expect(await why(genuine, at(300))).toBeUndefined()
    expect(await why(genuine, at(-300))).toBeUndefined()
  })

  it('without a time stamp that is a number', async () => {
    for (const stamp of [undefined, '', 'now', '1e9', '-1', ' '])
      expect(await why(withHeader('Wechatpay-Timestamp', stamp))).toBe('timestamp')
  })

  it('when it is authentic and not readable', async () => {
    for (const unreadable of [
      fromWechat('TRANSACTION.SUCCESS', payment, { apiKey: 'x'.repeat(32) }),
      fromWechat('TRANSACTION.SUCCESS', payment, {
        resource: { algorithm: 'ROT13', nonce: 'n', ciphertext: 'c' },
      }),
      fromWechat('TRANSACTION.SUCCESS', payment, { resource: undefined }),
      fromWechat('TRANSACTION.SUCCESS', payment, {
        resource: { algorithm: 'AEAD_AES_256_GCM', nonce: 'n', ciphertext: '' },
      }),
      fromWechat('TRANSACTION.SUCCESS', payment, {
        resource: { algorithm: 'AEAD_AES_256_GCM', nonce: 'n', ciphertext: 'AA==' },
      }),
      fromWechat('TRANSACTION.SUCCESS', 'not json'),
      fromWechat('TRANSACTION.SUCCESS', { ...payment, trade_state: 'NOTPAY' }),
      fromWechat('TRANSACTION.SUCCESS', { ...payment, amount: { total: 1.5, currency: 'CNY' } }),
      fromWechat('TRANSACTION.SUCCESS', { ...payment, amount: { total: -1, currency: 'CNY' } }),
      fromWechat('REFUND.SUCCESS', { refund_status: 'SUCCESS' }),
    ]) {
      expect(await why(unreadable)).toBe('body')
    }
  })
})
