import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fen } from '../../../domain/money.ts'
import type { RefundRequest } from '../../../providers/provider.ts'
import { wechatV2 } from '../../../providers/wechat-v2/wechat-v2.ts'
import type { Switches } from '../../../sandbox/client.ts'
import { eventually, serving } from '../wechat-v3/harness.ts'
import { harness, refundNumber, signed } from './harness.ts'

let world: Awaited<ReturnType<typeof harness>>
let wechat: typeof world.wechat
beforeAll(async () => {
  world = await harness()
  wechat = world.wechat
})
afterAll(() => world.stop())

/** A paid trade, and the request that gives all of it back. */
const paid = async (switches: Switches = {}): Promise<RefundRequest> => {
  const { attempt, amount, currency, ...rest } = world.openRequest()
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
    const state = await wechat.queryRefund(request.refund, request)
    return state.is !== 'processing' && state
  })
const ledgerOf = ({ attempt }: RefundRequest) =>
  world.sandbox.ledger().trades.find(({ outTradeNo }) => outTradeNo === attempt)

describe('refund', () => {
  it('is taken first and succeeds then; the trade is closed for good', async () => {
    const request = await paid()
    expect(await wechat.refund(request)).toEqual({ is: 'processing', code: 'ACCEPTED' })
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
    expect(await wechat.refund(request)).toMatchObject({ is: 'processing' })
    expect(await final(request)).toMatchObject({ is: 'success' })
    expect(ledgerOf(request)).toMatchObject({ refunded: '1990' })
  })

  it('is unknown when its answer is lost or forged, and found by its number', async () => {
    for (const switches of [{ loseAnswer: { refund: 1 } }, { forgedAnswer: { refund: 1 } }]) {
      const request = await paid(switches)
      expect(await wechat.refund(request)).toMatchObject({ is: 'unknown' })
      expect(await final(request)).toMatchObject({ is: 'success' })
    }
  })

  it('is unknown after the time-out', async () => {
    const request = await paid({ slowMs: { refund: 300 } })
    expect(await wechatV2({ ...world.config, timeoutMs: 50 }).refund(request)).toMatchObject({
      is: 'unknown',
      code: 'TIMEOUT',
    })
  })

  it.each([
    ['CLOSED', 'closed', 'REFUNDCLOSE'],
    ['ABNORMAL', 'abnormal', 'CHANGE'],
  ] as const)('ends %s when WeChat says so', async (refundEnds, is, code) => {
    const request = await paid({ refundEnds })
    await wechat.refund(request)
    expect(await final(request)).toMatchObject({ is, code })
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
      { times: 1, code: 'NOTENOUGH' },
      { is: 'unknown', code: 'NOTENOUGH' },
    ],
    [
      { times: 1, code: 'BIZERR_NEED_RETRY' },
      { is: 'unknown', code: 'BIZERR_NEED_RETRY' },
    ],
    [
      { times: 1, code: 'USER_ACCOUNT_ABNORMAL' },
      { is: 'abnormal', code: 'USER_ACCOUNT_ABNORMAL' },
    ],
    [
      { times: 1, status: 403, code: 'USER_ACCOUNT_ABNORMAL', unsigned: true },
      { is: 'unknown', code: 'HTTP_403' },
    ],
    [
      { times: 1, code: 'REFUNDNOTEXIST' },
      { is: 'unknown', code: 'REFUNDNOTEXIST' },
    ],
    [{ times: 1 }, { is: 'unknown', code: 'SYSTEMERROR' }],
  ])('reads the refusal %j', async (failure, state) => {
    const request = await paid({ fail: { refund: failure } })
    expect(await wechat.refund(request)).toMatchObject(state)
  })
})

describe('query refund', () => {
  it('says missing on WeChat’s own word alone', async () => {
    const request = await paid()
    const asked = () => wechat.queryRefund(request.refund, request)
    expect(await asked()).toEqual({ is: 'missing', code: 'REFUNDNOTEXIST' })
    await world.buyer.switches({
      fail: { queryRefund: { times: 1, status: 404, code: 'REFUNDNOTEXIST', unsigned: true } },
    })
    expect(await asked()).toMatchObject({ is: 'unknown', code: 'HTTP_404' })
    await world.buyer.switches({ fail: { queryRefund: { times: 1 } } })
    expect(await asked()).toMatchObject({ is: 'unknown', code: 'SYSTEMERROR' })
    await world.buyer.switches({ fail: { queryRefund: { times: 1, code: 'ORDERNOTEXIST' } } })
    expect(await asked()).toMatchObject({ is: 'unknown', code: 'ORDERNOTEXIST' })
    await world.buyer.switches({})
  })

  it('is unknown when its answer is lost or forged', async () => {
    const request = await paid({ loseAnswer: { queryRefund: 1 }, forgedAnswer: { queryRefund: 1 } })
    await wechat.refund(request)
    expect(await wechat.queryRefund(request.refund, request)).toMatchObject({ is: 'unknown' })
    expect(await wechat.queryRefund(request.refund, request)).toMatchObject({
      is: 'unknown',
      code: 'UNVERIFIED',
    })
    expect(await final(request)).toMatchObject({ is: 'success' })
  })

  const answerTo = async (content: Record<string, string>) => {
    const stub = await serving((_, response) => response.end(signed(content)))
    try {
      // Neither is one of ours: only asked about.
      return await wechatV2({ ...world.config, baseUrl: stub.url }).queryRefund(refundNumber('1'), {
        attempt: '7' as RefundRequest['attempt'],
      })
    } finally {
      await stub.stop()
    }
  }

  it('finds our refund among others of the same trade', async () => {
    const others = {
      out_trade_no: '7',
      refund_count: '2',
      out_refund_no_0: 'other',
      refund_status_0: 'SUCCESS',
      out_refund_no_1: refundNumber('1'),
    }
    expect(await answerTo({ ...others, refund_status_1: 'PROCESSING' })).toEqual({
      is: 'processing',
      code: 'PROCESSING',
    })
    expect(await answerTo({ ...others, refund_status_1: 'SOMETHING_NEW' })).toMatchObject({
      is: 'unknown',
      code: 'SOMETHING_NEW',
    })
    expect(await answerTo(others)).toMatchObject({ is: 'unknown', code: 'UNREADABLE' })
  })

  it('is unknown when WeChat answers of other refunds, or of another trade', async () => {
    expect(
      await answerTo({ out_trade_no: '7', out_refund_no_0: 'other', refund_status_0: 'SUCCESS' }),
    ).toMatchObject({
      is: 'unknown',
      code: 'MISMATCH',
    })
    expect(
      await answerTo({ out_trade_no: '8', out_refund_no_0: refundNumber('1'), refund_status_0: 'SUCCESS' }),
    ).toMatchObject({ code: 'MISMATCH' })
  })
})
