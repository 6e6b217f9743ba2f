import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fen } from '../../../domain/money.ts'
import { alipay as alipayOf } from '../../../providers/alipay/alipay.ts'
import type { PaymentProvider, RefundRequest } from '../../../providers/provider.ts'
import type { Switches } from '../../../sandbox/client.ts'
import { eventually, harness, openRequest, pen, refundNumber, serving } from './harness.ts'

let world: Awaited<ReturnType<typeof harness>>
let alipay: PaymentProvider
beforeAll(async () => {
  world = await harness()
  alipay = world.alipay
})
afterAll(() => world.stop())

/** A paid trade, and the request that gives all of it back. */
const paid = async (switches: Switches = {}): Promise<RefundRequest> => {
  const { attempt, amount, currency, ...rest } = openRequest()
  await alipay.open({ attempt, amount, currency, ...rest })
  await world.buyer.switches(switches, attempt)
  const { transactionId } = await world.buyer.pay(attempt)
  return {
    refund: refundNumber(transactionId),
    attempt,
    transaction: transactionId,
    amount,
    captured: amount,
    currency,
  }
}
const ask = (request: RefundRequest) => alipay.queryRefund(request.refund, request)

/** What the adapter makes of such a signed answer to a refund. */
async function answered(request: RefundRequest, content: object) {
  const stub = await serving((_request, response) =>
    response.end(pen.answer('alipay.trade.refund', { code: '10000', msg: 'Success', ...content })),
  )
  const made = await alipayOf({ ...world.config, gateway: `${stub.url}/gateway.do` }).refund(request)
  await stub.stop()
  return made
}

describe('refund', () => {
  it('succeeds at once; the trade is closed for good', async () => {
    const request = await paid()
    expect(await ask(request)).toEqual({ is: 'missing', code: 'NO_REFUND_STATUS' })
    expect(await alipay.refund(request)).toEqual({ is: 'success', code: 'FUND_CHANGE' })
    expect(await ask(request)).toEqual({ is: 'success', code: 'REFUND_SUCCESS' })
    expect(world.tradeOf(request.attempt)).toMatchObject({
      captured: '1990',
      refunded: '1990',
      state: 'TRADE_CLOSED',
    })
    expect(await alipay.query(request.attempt, 'settled')).toEqual({ is: 'closed', state: 'TRADE_CLOSED' })
  })

  it('goes back once, however often it is asked for', async () => {
    const request = await paid()
    await Promise.all([1, 2, 3, 4].map(() => alipay.refund(request)))
    expect(await alipay.refund(request)).toEqual({ is: 'processing', code: 'NO_FUND_CHANGE' })
    expect(await ask(request)).toMatchObject({ is: 'success' })
    expect(world.tradeOf(request.attempt)).toMatchObject({ refunded: '1990' })
  })

  it.each([
    ['of another attempt', { out_trade_no: '1' }],
    ['of another trade', { trade_no: '2014112611001004680073956708' }],
  ])('is unknown when its answer is signed, but %s', async (_, other) => {
    const request: RefundRequest = {
      ...{ ...openRequest(), captured: fen(1990), transaction: '2014112611001004680073956707' },
      refund: refundNumber('2014112611001004680073956707'),
    }
    const made = { out_trade_no: request.attempt, trade_no: request.transaction, fund_change: 'Y' }
    expect(await answered(request, made)).toMatchObject({ is: 'success' })
    expect(await answered(request, { ...made, ...other })).toEqual({ is: 'unknown', code: 'MISMATCH' })
  })

  it('is unknown when its answer is lost or forged, and found by its number', async () => {
    for (const switches of [{ loseAnswer: { refund: 1 } }, { forgedAnswer: { refund: 1 } }]) {
      const request = await paid(switches)
      expect(await alipay.refund(request)).toMatchObject({ is: 'unknown' })
      expect(await ask(request)).toMatchObject({ is: 'success' })
    }
  })

  it('that moved nothing is asked for again, and never called done', async () => {
    const request = await paid({ refundEnds: 'CLOSED' })
    expect(await alipay.refund(request)).toEqual({ is: 'processing', code: 'NO_FUND_CHANGE' })
    expect(await ask(request)).toEqual({ is: 'missing', code: 'NO_REFUND_STATUS' })
    expect(world.tradeOf(request.attempt)).toMatchObject({ refunded: '0' })
  })

  it('never exceeds what was captured, in parts either', async () => {
    const request = await paid()
    const part = (name: string, amount: bigint) =>
      alipay.refund({
        ...request,
        refund: refundNumber(`${request.transaction}-${name}`),
        amount: fen(amount),
      })
    expect(await part('a', 990n)).toMatchObject({ is: 'success' })
    expect(await part('b', 1001n)).toMatchObject({ is: 'unknown', code: 'ACQ.REFUND_AMT_NOT_EQUAL_TOTAL' })
    expect(await alipay.query(request.attempt, 'settled')).toMatchObject({
      is: 'paid',
      facts: { amount: 1990n },
    })
    expect(await part('c', 1000n)).toMatchObject({ is: 'success' })
    expect(world.tradeOf(request.attempt)).toMatchObject({ refunded: '1990', state: 'TRADE_CLOSED' })
  })

  it('is unknown when the same number is used for another amount', async () => {
    const request = await paid()
    await alipay.refund({ ...request, amount: fen(1) })
    expect(await alipay.refund(request)).toMatchObject({
      is: 'unknown',
      code: 'ACQ.DISCORDANT_REPEAT_REQUEST',
    })
  })

  it.each([
    [
      { times: 1, status: 400, code: 'SELLER_BALANCE_NOT_ENOUGH' },
      'unknown',
      'ACQ.SELLER_BALANCE_NOT_ENOUGH',
    ],
    [{ times: 1, status: 400, code: 'TRADE_HAS_FINISHED' }, 'abnormal', 'ACQ.TRADE_HAS_FINISHED'],
    [{ times: 1, status: 500, code: 'TRADE_HAS_FINISHED' }, 'unknown', 'ACQ.TRADE_HAS_FINISHED'],
    [{ times: 1, status: 403, code: 'TRADE_HAS_FINISHED', unsigned: true }, 'unknown', 'UNVERIFIED_403'],
    [{ times: 1, status: 400, code: 'TRADE_NOT_EXIST' }, 'unknown', 'ACQ.TRADE_NOT_EXIST'],
    [{ times: 1 }, 'unknown', 'ACQ.SYSTEM_ERROR'],
  ])('reads the refusal %j as %s', async (failure, is, code) => {
    const request = await paid({ fail: { refund: failure } })
    expect(await alipay.refund(request)).toMatchObject({ is, code })
  })

  it('is notified, by the number that it was asked for with', async () => {
    const request = await paid()
    await alipay.refund({ ...request, amount: fen(90) })
    const body = await eventually(() =>
      world.shop.received.find((text) => text.includes('refund_fee') && text.includes(request.attempt)),
    )
    expect(await alipay.callbacks?.read(new Headers(), body)).toMatchObject({
      is: 'refund',
      facts: {
        refund: request.refund,
        attempt: request.attempt,
        transaction: request.transaction,
        amount: 90n,
      },
    })
  })
})

describe('query refund', () => {
  it.each([
    [{ refund_status: 'REFUND_SUCCESS' }, 'success'],
    [{ gmt_refund_pay: '2026-11-21 12:00:00' }, 'success'],
    [{ refund_amount: '19.90' }, 'missing'],
    [{}, 'missing'],
    [{ refund_status: 'REFUND_PROCESSING' }, 'processing'],
    [{ gmt_refund_pay: '2026-11-21 12:00:00', out_request_no: 'other' }, 'unknown'],
  ])('reads %j, also of before refund_status was introduced, as %s', async (over, is) => {
    const named = { trade_no: '42', out_trade_no: '7', out_request_no: 'r' }
    const node = { code: '10000', msg: 'Success', ...named, ...over }
    const stub = await serving((_, response) =>
      response.end(pen.answer('alipay.trade.fastpay.refund.query', node)),
    )
    const provider = alipayOf({ ...world.config, gateway: `${stub.url}/gateway.do` })
    const of = { attempt: '7' as RefundRequest['attempt'], transaction: '42' }
    expect(await provider.queryRefund('r' as RefundRequest['refund'], of)).toMatchObject({ is })
    await stub.stop()
  })

  it('says missing on Alipay’s own word alone', async () => {
    const request = await paid()
    for (const [failure, code] of [
      [{ times: 1 }, 'ACQ.SYSTEM_ERROR'],
      [{ times: 1, status: 400, code: 'TRADE_NOT_EXIST' }, 'ACQ.TRADE_NOT_EXIST'],
      [{ times: 1, status: 404, unsigned: true }, 'UNVERIFIED_404'],
    ] as const) {
      await world.buyer.switches({ fail: { queryRefund: failure } }, request.attempt)
      expect(await ask(request)).toMatchObject({ is: 'unknown', code })
    }
    await world.buyer.switches({ forgedAnswer: { queryRefund: 1 } }, request.attempt)
    expect(await ask(request)).toMatchObject({ is: 'unknown', code: 'UNVERIFIED_200' })
    expect(await ask(request)).toEqual({ is: 'missing', code: 'NO_REFUND_STATUS' })
  })
})
