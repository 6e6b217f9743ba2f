import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fen } from '../../../domain/money.ts'
import { wechatV2 } from '../../../providers/wechat-v2/wechat-v2.ts'
import { fieldsOf, xmlOf } from '../../../sandbox/wechat-v2/xml.ts'
import { rejectionOf } from '../rejection.ts'
import { eventually, type Received } from '../wechat-v3/harness.ts'
import { harness, posted, refundNumber, shared, signed } from './harness.ts'

let world: Awaited<ReturnType<typeof harness>>
let genuine: Received
let attempt: string
beforeAll(async () => {
  world = await harness()
  const request = world.openRequest()
  attempt = request.attempt
  await world.wechat.open(request)
  await world.buyer.pay(attempt)
  const [first] = await world.shop.arrived(1)
  if (!first) throw new Error('nothing arrived')
  genuine = first
})
afterAll(() => world.stop())

const read = (body: string, provider = world.wechat) => provider.callbacks.read(posted(body).headers, body)
/** Why it is rejected; nothing when it is believed. */
const why = (body: string, provider = world.wechat) => rejectionOf(read(body, provider))
const payment = {
  out_trade_no: '7',
  transaction_id: '42',
  total_fee: '5',
  cash_fee: '3',
  fee_type: 'CNY',
  openid: 'secret',
}

describe('a notification', () => {
  it('says that a trade was paid, with the facts and nothing of the payer', async () => {
    const notified = await world.wechat.callbacks.read(genuine.headers, genuine.body)
    expect(notified).toEqual({
      is: 'payment',
      facts: {
        provider: 'wechat-v2',
        transaction: expect.stringMatching(/^4200/),
        attempt,
        state: 'SUCCESS',
        amount: fen(1990),
        currency: 'CNY',
        merchant: shared.mchId,
        app: shared.appId,
      },
    })
  })

  it('says the same when it is posted again: it is stored once', async () => {
    expect(await read(genuine.body)).toEqual(await read(genuine.body))
  })

  it('is read for what it says, also about other numbers, amounts and currencies: comparing is the resolver’s', async () => {
    const facts = { attempt: '7', transaction: '42', amount: 5n, currency: 'USD' }
    expect(await read(signed({ ...payment, fee_type: 'USD' }))).toMatchObject({ is: 'payment', facts })
    const { fee_type: _, ...unnamed } = payment
    expect(await read(signed(unnamed))).toMatchObject({ facts: { currency: 'CNY' } })
  })

  it('may carry fields that nobody documented, and empty ones', async () => {
    expect(await read(signed({ ...payment, new_field: 'x', device_info: '' }))).toMatchObject({
      is: 'payment',
    })
  })

  it('of a payment that failed is none of our business', async () => {
    expect(await read(signed({ ...payment, result_code: 'FAIL', err_code: 'PAYERROR' }))).toEqual({
      is: 'other',
      type: 'PAYERROR',
    })
  })

  it.each([
    ['SUCCESS', 'SUCCESS'],
    ['CLOSED', 'REFUNDCLOSE'],
    ['ABNORMAL', 'CHANGE'],
  ] as const)('says that a refund ended %s', async (refundEnds, state) => {
    const request = world.openRequest()
    await world.wechat.open(request)
    await world.buyer.switches({ refundEnds }, request.attempt)
    const { transactionId } = await world.buyer.pay(request.attempt)
    const number = refundNumber(transactionId)
    await world.wechat.refund({
      ...request,
      refund: number,
      transaction: transactionId,
      captured: request.amount,
    })
    const found = await eventually(async () => {
      const all = await Promise.all(world.shop.received.map(({ body }) => read(body)))
      return all.find((notified) => notified.is === 'refund' && notified.facts.refund === number)
    })
    const facts = {
      refund: number,
      attempt: request.attempt,
      state,
      amount: request.amount,
      transaction: transactionId,
      merchant: shared.mchId,
    }
    expect(found).toMatchObject({ is: 'refund', facts })
  })

  it('is answered with a return_code, also when it is refused: WeChat reads nothing else', () => {
    const { stored, refused, later } = world.wechat.callbacks.answers
    expect(stored.body).toBe(
      '<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>',
    )
    expect([stored.status, refused.status, later.status]).toEqual([200, 200, 200])
    expect([refused, later].map(({ body }) => fieldsOf(body).return_code)).toEqual(['FAIL', 'FAIL'])
  })

  it('comes to the path that the creation named', () => {
    expect(world.wechat.callbacks.path).toBe('/v1/notify/wechat/v2')
  })
})

describe('a payment’s notification is rejected', () => {
  it('with one byte of any value changed, or a field taken out', async () => {
    const values = [...genuine.body.matchAll(/CDATA\[([^\]]+)\]/g)]
    expect(values.length).toBeGreaterThan(15)
    for (const { index, 0: whole } of values) {
      const at = index + whole.length - 2
      const changed =
        genuine.body.slice(0, at) + (genuine.body[at] === '0' ? '1' : '0') + genuine.body.slice(at + 1)
      expect(await why(changed), whole).toMatch(/^(signature|body)$/)
    }
    for (const name of Object.keys(fieldsOf(genuine.body)).filter(
      (field) => fieldsOf(genuine.body)[field] !== '',
    )) {
      const { [name]: _, ...rest } = fieldsOf(genuine.body)
      expect(await why(xmlOf(rest)), name).toMatch(/^(signature|body)$/)
    }
  })

  it('with a field added', async () => {
    expect(await why(genuine.body.replace('</xml>', '<coupon_fee>1</coupon_fee></xml>'))).toBe('signature')
  })

  it('when it is signed by somebody else, or not at all', async () => {
    expect(await why(signed(payment, 'x'.repeat(32)))).toBe('signature')
    const { sign: _, ...unsigned } = fieldsOf(signed(payment))
    expect(await why(xmlOf(unsigned))).toBe('signature')
    expect(await why(xmlOf({ ...unsigned, sign: '' }))).toBe('signature')
    expect(await why(xmlOf({ ...unsigned, sign: fieldsOf(signed(payment)).sign?.toLowerCase() ?? '' }))).toBe(
      'signature',
    )
  })

  it('by the algorithm that is not configured, whichever it names', async () => {
    const old = wechatV2({ ...world.config, sign: 'MD5' })
    for (const named of [{}, { sign_type: 'MD5' }, { sign_type: 'HMAC-SHA256' }]) {
      expect(await why(signed({ ...payment, ...named }, shared.key, 'MD5'))).toBe('signature')
      expect(await why(signed({ ...payment, ...named }, shared.key, 'HMAC-SHA256'), old)).toBe('signature')
    }
    expect(await why(signed({ ...payment, sign_type: 'MD5' }, shared.key, 'HMAC-SHA256'))).toBe('signature')
    expect(await why(signed({ ...payment, sign_type: 'NONE' }))).toBe('signature')
    expect(await why(signed({ ...payment, sign_type: 'HMAC-SHA256' }))).toBeUndefined()
    expect(await why(signed({ ...payment, sign_type: 'MD5' }, shared.key, 'MD5'), old)).toBeUndefined()
  })

  it('when two fields were joined into one of the same signed text', async () => {
    const { fee_type, device_info, ...rest } = fieldsOf(
      signed({ ...payment, device_info: 'd', fee_type: 'USD' }),
    )
    expect(await why(xmlOf({ ...rest, device_info: `${device_info}&fee_type=${fee_type}` }))).toBe(
      'signature',
    )
  })

  it('of another merchant or another app', async () => {
    expect(await why(signed({ ...payment, mch_id: '1900000999' }))).toBe('merchant')
    expect(await why(signed({ ...payment, appid: 'wx0' }))).toBe('merchant')
  })

  it('when it is authentic and not readable', async () => {
    for (const content of [
      { ...payment, total_fee: '1.5' },
      { ...payment, total_fee: '-1' },
      { ...payment, total_fee: '0x10' },
      { ...payment, total_fee: '' },
      { ...payment, transaction_id: '' },
      { ...payment, return_code: 'FAIL' },
      { ...payment, trade_state: 'REFUND' },
    ]) {
      expect(await why(signed(content)), JSON.stringify(content)).toBe('body')
    }
  })

  it('when it is our own request that comes back', async () => {
    expect(await why(signed({ ...payment, return_code: '', result_code: '' }))).toBe('body')
  })
})
