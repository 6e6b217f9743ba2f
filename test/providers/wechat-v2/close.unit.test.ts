import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { wechatV2 } from '../../../providers/wechat-v2/wechat-v2.ts'
import { closable, harness } from './harness.ts'

let world: Awaited<ReturnType<typeof harness>>
let wechat: typeof world.wechat
beforeAll(async () => {
  world = await harness()
  wechat = world.wechat
})
afterAll(() => world.stop())

const opened = async () => {
  const request = world.openRequest()
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

describe('close, in the first five minutes of an attempt', () => {
  it('is not sent, and says when it is of use', async () => {
    const { attempt } = await opened()
    world.pass(60_000)
    // A close that is sent would take the money.
    await world.buyer.switches({ payBeforeClose: true }, attempt)
    const trade = await wechat.close(attempt, 'settled')
    expect(trade).toMatchObject({
      is: 'unknown',
      state: 'TOO_EARLY_TO_CLOSE',
      retryAfterS: expect.any(Number),
    })
    expect(trade).toSatisfy(
      (said: { retryAfterS: number }) => said.retryAfterS > 230 && said.retryAfterS <= 240,
    )
    expect(tradeOf(attempt)).toMatchObject({ state: 'NOTPAY', captured: '0' })
  })

  it('closes after that', async () => {
    const { attempt } = await opened()
    expect(await wechat.close(attempt, 'settled')).toMatchObject({ retryAfterS: 300 })
    world.pass(closable)
    expect(await wechat.close(attempt, 'settled')).toEqual({ is: 'closed', state: 'CLOSED' })
  })

  it('finds what has been decided already: paid, closed by the buyer, or none of that number', async () => {
    const { attempt } = await paid()
    expect(await wechat.close(attempt, 'settled')).toMatchObject({ is: 'paid', facts: { attempt } })
    const left = await opened()
    await world.buyer.close(left.attempt)
    expect(await wechat.close(left.attempt, 'settled')).toEqual({ is: 'closed', state: 'CLOSED' })
    expect(await wechat.close(world.attemptNumber(), 'settled')).toEqual({
      is: 'closed',
      state: 'ORDERNOTEXIST',
    })
    expect(await wechat.close(world.attemptNumber(), 'in_flight')).toMatchObject({
      is: 'unknown',
      state: 'TOO_EARLY_TO_CLOSE',
    })
  })

  it('is too early, too, when asking fails', async () => {
    const { attempt } = await opened()
    await world.buyer.switches({ fail: { query: { times: 1 } } }, attempt)
    expect(await wechat.close(attempt, 'settled')).toMatchObject({
      is: 'unknown',
      state: 'TOO_EARLY_TO_CLOSE',
    })
  })

  it('is unknown when a repeated creation made the trade late, and WeChat therefore refuses', async () => {
    const request = world.openRequest()
    world.pass(closable)
    await wechat.open(request)
    expect(await wechat.close(request.attempt, 'settled')).toMatchObject({ is: 'unknown', state: 'NOTPAY' })
  })
})

describe('close, later', () => {
  const old = async () => {
    const request = await opened()
    world.pass(closable)
    return request
  }

  it('closes an open trade, so that it takes no money, and says so again', async () => {
    const { attempt } = await old()
    expect(await wechat.close(attempt, 'settled')).toEqual({ is: 'closed', state: 'CLOSED' })
    await expect(world.buyer.pay(attempt)).rejects.toThrow('ORDER_CLOSED')
    expect(await wechat.close(attempt, 'settled')).toEqual({ is: 'closed', state: 'CLOSED' })
  })

  it('finds the payment that came before it', async () => {
    const { attempt, transactionId } = await paid()
    world.pass(closable)
    expect(await wechat.close(attempt, 'settled')).toMatchObject({
      is: 'paid',
      facts: { transaction: transactionId, attempt, amount: 1990n },
    })
  })

  it('finds the payment that came while it was closing', async () => {
    const { attempt } = await old()
    await world.buyer.switches({ payBeforeClose: true }, attempt)
    expect(await wechat.close(attempt, 'settled')).toMatchObject({
      is: 'paid',
      facts: { attempt, state: 'SUCCESS' },
    })
  })

  it('believes the query when the answer to the close was lost, late or forged', async () => {
    for (const switches of [{ loseAnswer: { close: 1 } }, { forgedAnswer: { close: 1 } }]) {
      const { attempt } = await old()
      await world.buyer.switches(switches, attempt)
      expect(await wechat.close(attempt, 'settled')).toEqual({ is: 'closed', state: 'CLOSED' })
    }
    const { attempt } = await old()
    await world.buyer.switches({ slowMs: { close: 2000 } }, attempt)
    expect(await wechatV2({ ...world.config, timeoutMs: 600 }).close(attempt, 'settled')).toMatchObject({
      is: 'unknown',
      state: 'NOTPAY',
    })
  })

  it('is unknown when closing failed and the trade is still open, or when asking fails', async () => {
    const { attempt } = await old()
    await world.buyer.switches({ fail: { close: { times: 1 } } }, attempt)
    expect(await wechat.close(attempt, 'settled')).toMatchObject({ is: 'unknown', state: 'NOTPAY' })
    await world.buyer.switches({ fail: { query: { times: 1 } } }, attempt)
    expect(await wechat.close(attempt, 'settled')).toMatchObject({ is: 'unknown', state: 'SYSTEMERROR' })
  })

  it('takes "no such trade" for closed, but not while a creation is in flight', async () => {
    const attempt = world.attemptNumber()
    world.pass(closable)
    expect(await wechat.close(attempt, 'in_flight')).toMatchObject({ is: 'unknown', state: 'ORDERNOTEXIST' })
    expect(await wechat.close(attempt, 'settled')).toEqual({ is: 'closed', state: 'ORDERNOTEXIST' })
  })

  it('still notifies of money taken on a closed trade', async () => {
    const { attempt } = await old()
    await world.buyer.switches({ takeMoneyWhenClosed: true }, attempt)
    expect(await wechat.close(attempt, 'settled')).toMatchObject({ is: 'closed' })
    await world.buyer.pay(attempt)
    expect(await wechat.query(attempt, 'settled')).toMatchObject({
      is: 'paid',
      facts: { attempt, amount: 1990n },
    })
  })
})
