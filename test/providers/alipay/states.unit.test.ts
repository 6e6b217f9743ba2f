import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { alipay as alipayOf } from '../../../providers/alipay/alipay.ts'
import { alipayClient } from '../../../providers/alipay/client.ts'
import { checked } from '../../../providers/alipay/config.ts'
import { meanings } from '../../../providers/alipay/states.ts'
import type { PaymentProvider } from '../../../providers/provider.ts'
import { account, attemptNumber, forgersPen, harness, openRequest, pen, serving } from './harness.ts'
import { sandboxsAnswer, sandboxsKey } from './vector.ts'

let world: Awaited<ReturnType<typeof harness>>
let alipay: PaymentProvider
beforeAll(async () => {
  world = await harness()
  alipay = world.alipay
})
afterAll(() => world.stop())

const scanned = async () => {
  const request = openRequest()
  await alipay.open(request)
  await world.buyer.fail(request.attempt)
  return request
}

describe('query', () => {
  it('knows a paid trade with its facts, and nothing of the buyer', async () => {
    const { attempt } = await scanned()
    const { transactionId } = await world.buyer.pay(attempt)
    const facts = {
      ...{ provider: 'alipay', transaction: transactionId, attempt, amount: 1990n, currency: 'CNY' },
      ...{ merchant: account.sellerId, app: account.appId },
    }
    expect(await alipay.query(attempt, 'settled')).toEqual({
      is: 'paid',
      facts: { ...facts, state: 'TRADE_SUCCESS' },
    })
    await world.buyer.switches({ tradeState: 'TRADE_FINISHED' }, attempt)
    expect(await alipay.query(attempt, 'settled')).toEqual({
      is: 'paid',
      facts: { ...facts, state: 'TRADE_FINISHED' },
    })
  })

  const unpaid = Object.entries(meanings.states).filter(([, means]) => means !== 'paid')
  it.each(unpaid)('reads the state %s as %s', async (state, means) => {
    const { attempt } = await scanned()
    await world.buyer.switches({ tradeState: state }, attempt)
    expect(await alipay.query(attempt, 'settled')).toEqual({ is: means, state })
  })

  it.each(Object.entries(meanings.errors))('reads the error %s as %s', async (code, means) => {
    const { attempt } = await scanned()
    await world.buyer.switches({ fail: { query: { times: 3, status: 400, code } } }, attempt)
    expect(await alipay.query(attempt, 'settled')).toMatchObject({
      is: means === 'closed' ? 'closed' : 'unknown',
      state: code,
    })
    expect(await alipay.close(attempt, 'in_flight')).toMatchObject({
      is: means === 'closed' ? 'closed' : 'unknown',
      state: code,
    })
    expect(await alipay.close(attempt, 'settled')).toMatchObject({
      is: means === 'unknown' ? 'unknown' : 'closed',
      state: code,
    })
  })

  it.each(['SOMETHING_NEW', 'constructor', '__proto__'])(
    'takes the undocumented word %s for unknown',
    async (state) => {
      const { attempt } = await scanned()
      await world.buyer.switches({ tradeState: state }, attempt)
      expect(await alipay.query(attempt, 'settled')).toMatchObject({ is: 'unknown', state })
      await world.buyer.switches(
        { fail: { query: { times: 1, status: 400, code: `ACQ.${state}` } } },
        attempt,
      )
      expect(await alipay.close(attempt, 'settled')).toMatchObject({ is: 'unknown', state: `ACQ.${state}` })
    },
  )

  it('believes "no such trade" from Alipay’s business alone: signed, and not from a gateway in trouble', async () => {
    const attempt = attemptNumber()
    await world.buyer.switches({
      fail: { query: { times: 1, status: 404, code: 'ACQ.TRADE_NOT_EXIST', unsigned: true } },
    })
    expect(await alipay.close(attempt, 'settled')).toMatchObject({ is: 'unknown', state: 'UNVERIFIED_404' })
    await world.buyer.switches({ fail: { query: { times: 1, status: 500, code: 'ACQ.TRADE_NOT_EXIST' } } })
    expect(await alipay.close(attempt, 'settled')).toMatchObject({
      is: 'unknown',
      state: 'ACQ.TRADE_NOT_EXIST',
    })
    await world.buyer.switches({})
    expect(await alipay.close(attempt, 'settled')).toEqual({ is: 'closed', state: 'ACQ.TRADE_NOT_EXIST' })
  })

  it('believes neither "closed" nor "paid" with somebody else’s signature', async () => {
    const { attempt } = await scanned()
    for (const tradeState of ['TRADE_CLOSED', 'TRADE_SUCCESS']) {
      await world.buyer.switches({ tradeState, forgedAnswer: { query: 1 } }, attempt)
      expect(await alipay.query(attempt, 'settled')).toMatchObject({ is: 'unknown', state: 'UNVERIFIED_200' })
    }
  })

  it('says what was captured when that is not what was asked', async () => {
    const { attempt } = await scanned()
    await world.buyer.switches({ captureFen: '1' }, attempt)
    await world.buyer.pay(attempt)
    expect(await alipay.query(attempt, 'settled')).toMatchObject({ is: 'paid', facts: { amount: 1n } })
  })
})

describe('an answer', () => {
  const attempt = attemptNumber()
  const paid = {
    code: '10000',
    msg: 'Success',
    trade_no: '1',
    out_trade_no: attempt,
    trade_status: 'TRADE_SUCCESS',
    total_amount: '19.90',
  }
  const waiting = { ...paid, trade_status: 'WAIT_BUYER_PAY' }
  const signedPaid = pen.answer('alipay.trade.query', paid)
  const signedWaiting = pen.answer('alipay.trade.query', waiting)
  /** What the adapter makes of an answer of any form. */
  const read = async (text: string, status = 200) => {
    const stub = await serving((_request, response) => void response.writeHead(status).end(text))
    const trade = await alipayOf({ ...world.config, gateway: `${stub.url}/gateway.do` }).query(attempt)
    await stub.stop()
    return trade
  }
  const unbelieved = { is: 'unknown', state: 'UNVERIFIED_200' }

  it('is believed as Alipay writes it, whichever way round', async () => {
    expect(await read(signedPaid)).toMatchObject({ is: 'paid' })
    const [, node = '', sign = ''] = /^\{(.*),("sign":"[^"]*")\}$/.exec(signedPaid) ?? []
    expect(await read(`{${sign},${node}}`)).toMatchObject({ is: 'paid' })
    expect(await read(`{${node},"alipay_cert_sn":"02ac3f",${sign}}`)).toMatchObject({ is: 'paid' })
    expect(await read(` {\n${node} ,\r\n ${sign} }\n`)).toMatchObject({ is: 'paid' })
  })

  it('is believed as Alipay’s own sandbox has signed one', async () => {
    const upload = async (text: string) => {
      const stub = await serving((_request, response) => void response.end(text))
      const client = alipayClient(
        checked({ ...world.config, publicKey: sandboxsKey, gateway: `${stub.url}/gateway.do` }),
      )
      const answer = await client.call('alipay.open.file.upload', {}, AbortSignal.timeout(5000))
      await stub.stop()
      return answer
    }
    expect(await upload(sandboxsAnswer)).toMatchObject({
      is: 'answer',
      body: { file_id: 'CAxAToWB1JsAAAAAAAAAAAAADgSLAQBr' },
    })
    expect(await upload(sandboxsAnswer.replace('CAxA', 'CAxB'))).toMatchObject({
      is: 'none',
      code: 'UNVERIFIED_200',
    })
  })

  it('is not believed after one byte of it was changed, without a signature, or with another’s', async () => {
    expect(await read(signedPaid.replace('19.90', '19.91'))).toMatchObject(unbelieved)
    expect(await read(signedPaid.replace(/,"sign".*/, '}'))).toMatchObject(unbelieved)
    expect(await read(signedPaid.replace(/"sign":".*"/, '"sign":""'))).toMatchObject(unbelieved)
    expect(await read(forgersPen.answer('alipay.trade.query', paid))).toMatchObject(unbelieved)
    expect(await read(pen.answer('alipay.trade.close', paid))).toMatchObject(unbelieved)
    expect(await read(signedPaid, 500)).toMatchObject({ is: 'unknown', state: 'UNVERIFIED_500' })
  })

  it('is not read from a piece that is not the signed one', async () => {
    const forged = JSON.stringify(paid)
    // The name again, spelt so that a search for the first does not find it: JSON.parse would read the
    // second.
    expect(
      await read(signedWaiting.replace(/\}$/, `,"alipay_trade_query_respons\\u0065":${forged}}`)),
    ).toMatchObject(unbelieved)
    expect(
      await read(signedWaiting.replace(/\}$/, `,"alipay_trade_query_response":${forged}}`)),
    ).toMatchObject(unbelieved)
    expect(
      await read(signedWaiting.replace(/^\{/, `{"alipay_trade_query_response":${forged},`)),
    ).toMatchObject(unbelieved)
    expect(await read(signedWaiting.replace(/^\{/, `{"x":${forged},`))).toMatchObject(unbelieved)
  })

  it('is unknown when it is another trade’s, no JSON, or too long', async () => {
    expect(await read(pen.answer('alipay.trade.query', { ...paid, out_trade_no: '1' }))).toMatchObject({
      is: 'unknown',
      state: 'MISMATCH',
    })
    expect(await read(pen.answer('alipay.trade.query', { ...paid, total_amount: '1e2' }))).toMatchObject({
      is: 'unknown',
      state: 'UNREADABLE',
    })
    expect(await read('<html>')).toMatchObject(unbelieved)
    expect(await read('')).toMatchObject(unbelieved)
    expect(await read('x'.repeat(2 << 20))).toMatchObject({ is: 'unknown', state: 'TOO_LARGE' })
  })
})
