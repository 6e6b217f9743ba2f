import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fen } from '../../domain/money.ts'
import type { SandboxClient } from '../../sandbox/client.ts'
import { pauses } from '../../sandbox/wechat-v3/notifier.ts'
import { eventually, harness, openRequest, type Received } from '../providers/wechat-v3/harness.ts'

let world: Awaited<ReturnType<typeof harness>>
let buyer: SandboxClient
beforeEach(async () => {
  world = await harness({ silenceMs: 60 })
  buyer = world.buyer
})
afterEach(() => world.stop())

const opened = async (over = {}) => {
  const request = openRequest(over)
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

describe('notifications', () => {
  it('come after the documented pauses, until one is acknowledged', async () => {
    expect(pauses.slice(0, 4)).toEqual([15_000, 15_000, 30_000, 180_000])
    expect(pauses).toHaveLength(15)
    const attempt = await opened()
    world.shop.answers(500, 'silence', 404, 200)
    await buyer.pay(attempt)
    const received = await world.shop.arrived(4)
    expect(new Set(received.map(({ body }) => body)).size).toBe(1)
    await eventually(() => notices(attempt)?.acked === 1)
    expect(notices(attempt)).toEqual({ sent: 4, acked: 1, forged: 0 })
  })

  it('do not come when switched off', async () => {
    const [silent, loud] = [await opened(), await opened()]
    await buyer.switches({ noNotification: true }, silent)
    await buyer.pay(silent)
    await buyer.pay(loud)
    const [only] = await world.shop.arrived(1)
    expect(only && (await believed(only))).toMatchObject({ facts: { attempt: loud } })
    expect(notices(silent)).toEqual({ sent: 0, acked: 0, forged: 0 })
  })

  it('come twice', async () => {
    const attempt = await opened()
    await buyer.switches({ notifyTwice: true }, attempt)
    await buyer.pay(attempt)
    const [first, second] = await world.shop.arrived(2)
    expect(first?.body).toBe(second?.body)
    await eventually(() => notices(attempt)?.acked === 2)
  })

  it('come late', async () => {
    const [late, prompt] = [await opened(), await opened()]
    await buyer.switches({ notifyDelayMs: 150 }, late)
    await buyer.pay(late)
    await buyer.pay(prompt)
    const [first, second] = await Promise.all((await world.shop.arrived(2)).map(believed))
    expect([first, second]).toMatchObject([{ facts: { attempt: prompt } }, { facts: { attempt: late } }])
  })

  it('come before the creation is answered', async () => {
    const request = openRequest()
    await buyer.switches({ payBeforeAnswer: true }, request.attempt)
    const answer = await world.wechat.open(request)
    expect(world.shop.received).toHaveLength(1)
    expect(answer).toMatchObject({ is: 'open' })
    expect(await world.wechat.query(request.attempt, 'settled')).toMatchObject({ is: 'paid' })
  })

  it('notify the wrong amount that was taken', async () => {
    const attempt = await opened({ amount: fen(500) })
    await buyer.switches({ captureFen: '499' }, attempt)
    expect(await buyer.pay(attempt)).toMatchObject({ captured: '499' })
    const [notice] = await world.shop.arrived(1)
    expect(notice && (await believed(notice))).toMatchObject({ facts: { amount: 499n } })
    expect(world.sandbox.ledger()).toMatchObject({
      captured: '499',
      trades: [{ amount: '500', captured: '499' }],
    })
  })

  it('are forged, instead of the genuine one or before it', async () => {
    const [alone, first] = [await opened(), await opened()]
    await buyer.switches({ forgedNotification: 'alone' }, alone)
    await buyer.switches({ forgedNotification: 'first' }, first)
    await buyer.pay(alone)
    await eventually(() => notices(alone)?.forged === 1)
    await buyer.pay(first)
    const received = await Promise.all((await world.shop.arrived(3)).map(believed))
    expect(received).toMatchObject(['rejected', 'rejected', { facts: { attempt: first } }])
    expect(notices(alone)).toMatchObject({ sent: 0, forged: 1 })
  })

  it('are forged for a trade that nobody paid', async () => {
    const attempt = await opened()
    await buyer.forge(attempt)
    expect(await Promise.all(world.shop.received.map(believed))).toEqual(['rejected'])
    expect(world.sandbox.ledger()).toMatchObject({ captured: '0', trades: [{ state: 'NOTPAY' }] })
  })
})

describe('the switches', () => {
  it('fail as many calls as they say, everywhere or for one trade', async () => {
    const [one, other] = [await opened(), await opened()]
    await buyer.switches({ fail: { query: { times: 2 } } }, one)
    const states = [await world.wechat.query(one, 'settled'), await world.wechat.query(other, 'settled')]
    states.push(await world.wechat.query(one, 'settled'), await world.wechat.query(one, 'settled'))
    expect(states.map(({ is, ...rest }) => ('state' in rest ? rest.state : is))).toEqual([
      'SYSTEM_ERROR',
      'NOTPAY',
      'SYSTEM_ERROR',
      'NOTPAY',
    ])
    await buyer.switches({ fail: { query: { times: 1 } } })
    expect(await world.wechat.query(other, 'settled')).toMatchObject({ state: 'SYSTEM_ERROR' })
    expect(await world.wechat.query(one, 'settled')).toMatchObject({ state: 'NOTPAY' })
  })

  it('lose the answer after acting, for every operation', async () => {
    const request = openRequest()
    await buyer.switches({ loseAnswer: { open: 1, query: 1, close: 1 } }, request.attempt)
    expect(await world.wechat.open(request)).toMatchObject({ is: 'unknown' })
    expect(await world.wechat.query(request.attempt, 'settled')).toMatchObject({ is: 'unknown' })
    expect(await world.wechat.close(request.attempt, 'settled')).toMatchObject({ is: 'closed' })
  })

  it('take money on a closed trade, and notify it', async () => {
    const attempt = await opened()
    await world.wechat.close(attempt, 'settled')
    await expect(buyer.pay(attempt)).rejects.toThrow('ORDER_CLOSED')
    await buyer.switches({ takeMoneyWhenClosed: true }, attempt)
    expect(await buyer.pay(attempt)).toMatchObject({ state: 'SUCCESS' })
    const [notice] = await world.shop.arrived(1)
    expect(notice && (await believed(notice))).toMatchObject({ is: 'payment', facts: { attempt } })
  })

  it('are turned off again, and refused when nobody knows them', async () => {
    await buyer.switches({ fail: { query: { times: 9 } } })
    await buyer.switches({})
    expect(await world.wechat.query(await opened(), 'settled')).toMatchObject({ state: 'NOTPAY' })
    // @ts-expect-error no such switch
    await expect(buyer.switches({ explode: true })).rejects.toThrow('BAD_REQUEST')
  })
})
