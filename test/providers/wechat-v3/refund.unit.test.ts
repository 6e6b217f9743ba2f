import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fen } from '../../../domain/money.ts'
import type { RefundRequest } from '../../../providers/provider.ts'
import type { Switches } from '../../../sandbox/client.ts'
import { eventually, harness, openRequest, refundNumber } from './harness.ts'

let world: Awaited<ReturnType<typeof harness>>
let wechat: typeof world.wechat
beforeAll(async () => {
  world = await harness()
  wechat = world.wechat
})
afterAll(() => world.stop())

/** A paid trade, and the request that gives all of it back. */
const paid = async (switches: Switches = {}): Promise<RefundRequest> => {
  const { attempt, amount, currency, ...rest } = openRequest()
  await wechat.open({ attempt, amount, currency, ...rest })
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
const final = (request: RefundRequest) =>
  eventually(async () => {
    const state = await wechat.queryRefund(request.refund)
    return state.is !== 'processing' && state
  })
const ledgerOf = ({ attempt }: RefundRequest) =>
  world.sandbox.ledger().trades.find(({ outTradeNo }) => outTradeNo === attempt)

describe('refund', () => {
  it('is processed first and succeeds then; the trade is closed for good', async () => {
    const request = await paid()
    expect(await wechat.refund(request)).toEqual({ is: 'processing', code: 'PROCESSING' })
    expect(await final(request)).toEqual({ is: 'success', code: 'SUCCESS' })
    expect(ledgerOf(request)).toMatchObject({
      captured: '1990',
      refunded: '1990',
      refunding: '0',
      state: 'REFUND',
    })
    expect(await wechat.query(request.attempt, 'settled')).toEqual({ is: 'closed', state: 'REFUND' })
  })

  it('goes back once, however often it is asked for', async () => {
    const request = await paid()
    await Promise.all([1, 2, 3, 4].map(() => wechat.refund(request)))
    expect(await final(request)).toMatchObject({ is: 'success' })
    expect(await wechat.refund(request)).toEqual({ is: 'success', code: 'SUCCESS' })
    expect(ledgerOf(request)).toMatchObject({ refunded: '1990' })
  })

  it('is unknown when its answer is lost, and found by its number', async () => {
    const request = await paid({ loseAnswer: { refund: 1 } })
    expect(await wechat.refund(request)).toMatchObject({ is: 'unknown' })
    expect(await final(request)).toMatchObject({ is: 'success' })
  })

  it.each([
    ['CLOSED', 'closed'],
    ['ABNORMAL', 'abnormal'],
  ] as const)('ends %s when WeChat says so', async (refundEnds, is) => {
    const request = await paid({ refundEnds })
    await wechat.refund(request)
    expect(await final(request)).toMatchObject({ is, code: refundEnds })
    expect(ledgerOf(request)).toMatchObject({ refunded: '0', refunding: '0' })
  })

  it('never exceeds what was captured, in parts either', async () => {
    const request = await paid()
    const part = (name: string, amount: bigint) =>
      wechat.refund({
        ...request,
        refund: refundNumber(`${request.transaction}-${name}`),
        amount: fen(amount),
      })
    expect(await part('a', 990n)).toMatchObject({ is: 'processing' })
    expect(await part('b', 1001n)).toMatchObject({ is: 'unknown', code: 'INVALID_REQUEST' })
    expect(await part('c', 1000n)).toMatchObject({ is: 'processing' })
    await eventually(() => ledgerOf(request)?.refunded === '1990')
  })

  it('is unknown when the same number is used for another amount', async () => {
    const request = await paid()
    await wechat.refund(request)
    expect(await wechat.refund({ ...request, amount: fen(1) })).toMatchObject({
      is: 'unknown',
      code: 'INVALID_REQUEST',
    })
  })

  it.each([
    [
      { times: 1, status: 403, code: 'NOT_ENOUGH' },
      { is: 'unknown', code: 'NOT_ENOUGH' },
    ],
    [
      { times: 1, status: 403, code: 'USER_ACCOUNT_ABNORMAL' },
      { is: 'abnormal', code: 'USER_ACCOUNT_ABNORMAL' },
    ],
    [
      { times: 1, status: 403, code: 'USER_ACCOUNT_ABNORMAL', unsigned: true },
      { is: 'unknown', code: 'UNVERIFIED_403' },
    ],
    [
      { times: 1, status: 404, code: 'RESOURCE_NOT_EXISTS' },
      { is: 'unknown', code: 'RESOURCE_NOT_EXISTS' },
    ],
    [
      { times: 1, status: 429, code: 'FREQUENCY_LIMITED' },
      { is: 'unknown', code: 'FREQUENCY_LIMITED' },
    ],
    [{ times: 1 }, { is: 'unknown', code: 'SYSTEM_ERROR' }],
  ])('reads the refusal %j', async (failure, state) => {
    const request = await paid({ fail: { refund: failure } })
    expect(await wechat.refund(request)).toMatchObject(state)
  })
})

describe('query refund', () => {
  it('says missing on WeChat’s own word alone', async () => {
    expect(await wechat.queryRefund(refundNumber('none'))).toEqual({
      is: 'missing',
      code: 'RESOURCE_NOT_EXISTS',
    })
    await world.buyer.switches({
      fail: { queryRefund: { times: 1, status: 404, code: 'RESOURCE_NOT_EXISTS', unsigned: true } },
    })
    expect(await wechat.queryRefund(refundNumber('none'))).toMatchObject({
      is: 'unknown',
      code: 'UNVERIFIED_404',
    })
    await world.buyer.switches({ fail: { queryRefund: { times: 1 } } })
    expect(await wechat.queryRefund(refundNumber('none'))).toMatchObject({
      is: 'unknown',
      code: 'SYSTEM_ERROR',
    })
    await world.buyer.switches({})
  })
})
