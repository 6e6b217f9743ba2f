import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fen } from '../../domain/money.ts'
import { wechatV2 } from '../../providers/wechat-v2/wechat-v2.ts'
import type { SandboxClient } from '../../sandbox/client.ts'
import { signOf } from '../../sandbox/wechat-v2/signature.ts'
import { type Fields, fieldsOf, xmlOf } from '../../sandbox/wechat-v2/xml.ts'
import { harness, refundNumber, shared } from '../providers/wechat-v2/harness.ts'
import { eventually, type Received } from '../providers/wechat-v3/harness.ts'

let world: Awaited<ReturnType<typeof harness>>
let buyer: SandboxClient
beforeEach(async () => {
  world = await harness({ silenceMs: 1000 })
  buyer = world.buyer
})
afterEach(() => world.stop())

const opened = async (over = {}) => {
  const request = world.openRequest(over)
  await world.wechat.open(request)
  return request.attempt
}
const believed = ({ headers, body }: Received) =>
  world.wechat.callbacks.read(headers, body).then(
    (notified) => notified,
    () => 'rejected',
  )
const notices = (attempt: string) =>
  world.sandbox.ledger().trades.find(({ outTradeNo }) => outTradeNo === attempt)?.notifications

describe('the sandbox’s notifications of WeChat Pay v2', () => {
  it('come again until the answer’s return_code is SUCCESS, whatever its status', async () => {
    const attempt = await opened()
    world.shop.answers(
      500,
      'silence',
      world.wechat.callbacks.answers.refused.body,
      'hello',
      world.wechat.callbacks.answers.stored.body,
    )
    await buyer.pay(attempt)
    const received = await world.shop.arrived(5)
    expect(new Set(received.map(({ body }) => body)).size).toBe(1)
    await eventually(() => notices(attempt)?.acked === 1)
    expect(notices(attempt)).toEqual({ sent: 5, acked: 1, forged: 0 })
  })

  it('are signed as the creation was', async () => {
    const old = wechatV2({ ...world.config, sign: 'MD5' })
    const request = world.openRequest()
    await old.open(request)
    await buyer.pay(request.attempt)
    const [notice] = await world.shop.arrived(1)
    expect(fieldsOf(notice?.body ?? '').sign).toHaveLength(32)
    expect(notice && (await old.callbacks.read(notice.headers, notice.body))).toMatchObject({
      is: 'payment',
      facts: { attempt: request.attempt },
    })
  })

  it('do not come when switched off, come twice, and come late', async () => {
    const [silent, twice, late] = [await opened(), await opened(), await opened()]
    await buyer.switches({ noNotification: true }, silent)
    await buyer.switches({ notifyTwice: true }, twice)
    await buyer.switches({ notifyDelayMs: 1000 }, late)
    for (const attempt of [silent, late, twice]) await buyer.pay(attempt)
    expect(notices(late)).toMatchObject({ sent: 0 })
    const received = await Promise.all((await world.shop.arrived(3)).map(believed))
    const noticesOf = (attempt: string) =>
      received.filter(
        (one) => typeof one === 'object' && one.is === 'payment' && one.facts.attempt === attempt,
      )
    expect([silent, twice, late].map((attempt) => noticesOf(attempt).length)).toEqual([0, 2, 1])
    expect(notices(silent)).toEqual({ sent: 0, acked: 0, forged: 0 })
  })

  it('come before the creation is answered', async () => {
    const request = world.openRequest()
    await buyer.switches({ payBeforeAnswer: true }, request.attempt)
    expect(await world.wechat.open(request)).toMatchObject({ is: 'open' })
    expect(world.shop.received).toHaveLength(1)
    expect(await world.wechat.query(request.attempt, 'settled')).toMatchObject({ is: 'paid' })
  })

  it('notify the wrong amount that was taken, and of money taken on a closed trade', async () => {
    const attempt = await opened({ amount: fen(500) })
    await buyer.close(attempt)
    await expect(buyer.pay(attempt)).rejects.toThrow('ORDER_CLOSED')
    await buyer.switches({ captureFen: '499', takeMoneyWhenClosed: true }, attempt)
    expect(await buyer.pay(attempt)).toMatchObject({ captured: '499', state: 'SUCCESS' })
    const [notice] = await world.shop.arrived(1)
    expect(notice && (await believed(notice))).toMatchObject({ facts: { attempt, amount: 499n } })
  })

  it('are forged, instead of the genuine one, before it, or for a trade that nobody paid', async () => {
    const [alone, first, unpaid] = [await opened(), await opened(), await opened()]
    await buyer.switches({ forgedNotification: 'alone' }, alone)
    await buyer.switches({ forgedNotification: 'first' }, first)
    await buyer.pay(alone)
    await eventually(() => notices(alone)?.forged === 1)
    await buyer.pay(first)
    await world.shop.arrived(3)
    await buyer.forge(unpaid)
    const received = await Promise.all(world.shop.received.map(believed))
    expect(received).toMatchObject(['rejected', 'rejected', { facts: { attempt: first } }, 'rejected'])
    expect(world.sandbox.ledger().trades).toMatchObject([{}, {}, { state: 'NOTPAY', captured: '0' }])
  })
})

describe('the sandbox of WeChat Pay v2', () => {
  const post = async (path: string, fields: Fields) => {
    const answer = await fetch(`${world.sandbox.url}${path}`, { method: 'POST', body: xmlOf(fields) })
    return { status: answer.status, fields: fieldsOf(await answer.text()) }
  }
  const asking = { appid: shared.appId, mch_id: shared.mchId, nonce_str: 'n', out_trade_no: '77' }

  it('believes nobody without the key, and answers without a sign then', async () => {
    for (const fields of [
      asking,
      { ...asking, sign: signOf(asking, 'x'.repeat(32), 'MD5') },
      // It says nothing of HMAC, so it is MD5.
      { ...asking, sign: signOf(asking, shared.key, 'HMAC-SHA256') },
      { ...asking, sign_type: 'NONE', sign: '' },
    ]) {
      const { status, fields: said } = await post('/pay/orderquery', fields)
      expect([status, said]).toEqual([200, { return_code: 'FAIL', return_msg: '签名错误' }])
    }
    const other = { ...asking, mch_id: '1' }
    expect(await post('/pay/orderquery', { ...other, sign: signOf(other, shared.key, 'MD5') })).toMatchObject(
      { fields: { return_code: 'FAIL' } },
    )
  })

  it('signs every answer by the request’s algorithm, refusals too', async () => {
    for (const type of ['MD5', 'HMAC-SHA256'] as const) {
      const fields = { ...asking, sign_type: type }
      const { fields: said } = await post('/pay/orderquery', {
        ...fields,
        sign: signOf(fields, shared.key, type),
      })
      expect(said).toMatchObject({
        return_code: 'SUCCESS',
        result_code: 'FAIL',
        err_code: 'ORDERNOTEXIST',
        sign: signOf(said, shared.key, type),
      })
    }
  })

  it('reads the entities of XML before it checks the sign', async () => {
    const fields = { ...asking, attach: `a<b>&"c'` }
    const sign = signOf(fields, shared.key, 'MD5')
    const escaped = fields.attach.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&#62;')
    const body = Object.entries({
      ...fields,
      sign,
      attach: escaped.replace('"', '&quot;').replace("'", '&#x27;'),
    })
      .map(([name, value]) => `<${name}>${value}</${name}>`)
      .join('')
    const answer = await fetch(`${world.sandbox.url}/pay/orderquery`, {
      method: 'POST',
      body: `<xml>${body}</xml>`,
    })
    expect(fieldsOf(await answer.text())).toMatchObject({ return_code: 'SUCCESS', err_code: 'ORDERNOTEXIST' })
  })

  const signedBy = (fields: Fields): Fields => ({ ...fields, sign: signOf(fields, shared.key, 'MD5') })
  const own = { appid: shared.appId, mch_id: shared.mchId, nonce_str: 'n' }

  it('finds a trade by its transaction, and a refund by each of its four numbers', async () => {
    const attempt = await opened()
    const { transactionId } = await buyer.pay(attempt)
    expect(await post('/pay/orderquery', signedBy({ ...own, transaction_id: transactionId }))).toMatchObject({
      fields: { out_trade_no: attempt, trade_state: 'SUCCESS' },
    })
    const money = { amount: fen(1000), captured: fen(1990), currency: 'CNY' as const }
    const refund = refundNumber(transactionId)
    await world.wechat.refund({ refund, attempt, transaction: transactionId, ...money })
    await eventually(() => world.sandbox.ledger().refunds.some(({ status }) => status === 'SUCCESS'))
    const asked = async (by: Fields) => (await post('/pay/refundquery', signedBy({ ...own, ...by }))).fields
    const found = await asked({ out_refund_no: refund })
    expect(found).toMatchObject({
      refund_count: '1',
      out_refund_no_0: refund,
      refund_status_0: 'SUCCESS',
      refund_success_time_0: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
    })
    const { refund_id_0: refund_id = '' } = found
    for (const by of [{ refund_id }, { transaction_id: transactionId }, { out_trade_no: attempt }])
      expect(await asked(by)).toMatchObject({ out_refund_no_0: refund, refund_id_0: refund_id })
    expect(await asked({ out_refund_no: 'none' })).toMatchObject({ err_code: 'REFUNDNOTEXIST' })
  })

  it('has a ledger of both protocols, and its refunds are notified', async () => {
    const attempt = await opened()
    const { transactionId } = await buyer.pay(attempt)
    const refund = refundNumber(transactionId)
    const money = { amount: fen(1990), captured: fen(1990), currency: 'CNY' as const }
    await world.wechat.refund({ refund, attempt, transaction: transactionId, ...money })
    await eventually(() =>
      world.sandbox.ledger().refunds.find(({ notifications }) => notifications.acked === 1),
    )
    expect(world.sandbox.ledger()).toMatchObject({
      captured: '1990',
      refunded: '1990',
      refunds: [{ outRefundNo: refund, status: 'SUCCESS' }],
    })
  })
})
