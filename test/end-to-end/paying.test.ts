import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OrderId, UserId } from '../../domain/ids.ts'
import type { PaymentProvider } from '../../providers/provider.ts'
import { openAttempt } from '../../services/payments/attempts/open.ts'
import { ordersToPay } from './orders-to-pay.ts'
import { openSystem, type TestSystem } from './system.ts'

let system: TestSystem
beforeAll(async () => {
  system = await openSystem({ payWithinS: 4 })
})
afterAll(() => system.close())

const { newShopper, opened, refundsOf } = ordersToPay(() => system)
const refunded = (order: OrderId, cause: string) =>
  expect.poll(() => refundsOf(order), { timeout: 40_000 }).toEqual([{ cause, state: 'success' }])

/** Pieces that the shop has sold of what the order buys. */
async function salesOf(order: OrderId): Promise<bigint> {
  const [row] = await system.container.db.sql<{ sales: bigint }[]>`
    SELECT sum(k.sales)::bigint AS sales
    FROM skus k
    JOIN order_lines l ON l.sku_id = k.id
    WHERE l.order_id = ${order}`
  return row?.sales ?? 0n
}
/** What an order still holds: its reserved stock, and the attempt by which it may be paid. */
async function heldBy(order: OrderId) {
  const [row] = await system.container.db.sql`
    SELECT o.status,
           s.state AS step,
           a.state AS attempt
    FROM orders o
    JOIN steps s ON s.order_id = o.id AND s.step = 'reserve_stock'
    JOIN attempts a ON a.order_id = o.id
    WHERE o.id = ${order}`
  return row
}
/** How often its workflow has had the provider asked to close. */
async function triesToClose(order: OrderId): Promise<number> {
  const { raw } = await system.container.client.workflow.getHandle(`order-${order}`).describe()
  return raw.pendingActivities?.[0]?.attempt ?? 0
}

describe('paid by WeChat', () => {
  it('the signed callback settles the order', async () => {
    const { order, number } = await opened()
    await system.sandbox.pay(number)
    await system.reaches(order, 'to_ship')
    expect(await refundsOf(order)).toEqual([])
  })

  it('notified twice at once: both are taken as received, and it is settled once', async () => {
    const { order, number } = await opened({ notifyTwice: true })
    const before = await salesOf(order)
    await system.sandbox.pay(number)
    await system.reaches(order, 'to_ship')
    const notices = async () =>
      (await system.sandbox.ledger()).trades.find(({ outTradeNo }) => outTradeNo === number)?.notifications
    await expect.poll(notices, { timeout: 20_000 }).toMatchObject({ acked: 2 })
    expect(await salesOf(order)).toBe(before + 1n)
    expect(await refundsOf(order)).toEqual([])
  })

  it('a forged callback is not believed and does not stand in the way of the genuine one', async () => {
    const { order, number } = await opened({ forgedNotification: 'first' })
    await system.sandbox.forge(number)
    expect(await system.container.db.sql`SELECT 1 FROM notifications WHERE attempt = ${number}`).toHaveLength(
      0,
    )
    await system.sandbox.pay(number)
    await system.reaches(order, 'to_ship')
  })

  it('a lost callback: closing asks the provider, finds the money, and the order is paid', async () => {
    const { order, number } = await opened({ noNotification: true })
    await system.sandbox.pay(number)
    await system.reaches(order, 'to_ship')
  })

  it('paid before the answer to its creation: settled, and the buyer who asks again learns that it is paid', async () => {
    const shopper = await newShopper()
    const order = await system.buy(shopper, 1)
    await system.sandbox.switches({ payBeforeAnswer: true })
    const first = await system.pay(shopper, order)
    await system.sandbox.switches({})
    // Whichever is stored first, the callback or the answer.
    if (first.status === 201) expect(first.body).toMatchObject({ answer: { kind: 'qr' } })
    else expect(first).toMatchObject({ status: 409, body: { code: 'already_paid' } })
    await system.reaches(order, 'to_ship')
    expect(await system.pay(shopper, order)).toMatchObject({ status: 409, body: { code: 'already_paid' } })
    expect(await refundsOf(order)).toEqual([])
  })

  it('settled before the answer to its creation is stored: the buyer learns that it is paid', async () => {
    const shopper = await newShopper()
    const order = await system.buy(shopper, 1)
    const { db, ids, payments } = system.container
    const provider = payments.providers['wechat-v3']
    if (!provider) throw new Error('wechat-v3 is not configured')
    const slow: PaymentProvider = {
      ...provider,
      async open(request) {
        const opened = await provider.open(request)
        await system.sandbox.pay(request.attempt)
        await system.reaches(order, 'to_ship')
        return opened
      },
    }
    const opening = openAttempt(
      { sql: db.sql, ids, providers: { 'wechat-v3': slow }, mostAttempts: 10, deliver: () => {} },
      { order, buyer: shopper.id as UserId, channel: 'wechat-v3' },
    )
    await expect(opening).rejects.toMatchObject({ refusal: { code: 'already_paid' } })
  })

  it('a creation whose answer was lost is repeated under its number, and the buyer still gets the QR', async () => {
    const shopper = await newShopper()
    const order = await system.buy(shopper, 1)
    await system.sandbox.switches({ loseAnswer: { open: 1 } })
    expect(await system.pay(shopper, order)).toMatchObject({
      status: 409,
      body: { code: 'attempt_unsettled' },
    })
    await system.sandbox.switches({})
    const second = await system.pay(shopper, order)
    expect(second).toMatchObject({ status: 201, body: { qr: expect.stringContaining('weixin://') } })
    expect(await system.container.db.sql`SELECT 1 FROM attempts WHERE order_id = ${order}`).toHaveLength(1)
    await system.sandbox.pay(String(second.body.number))
    await system.reaches(order, 'to_ship')
  })
})

describe('money that must not stay is sent back', () => {
  it('late: taken after the order closed', async () => {
    const { order, number } = await opened({ takeMoneyWhenClosed: true })
    await system.reaches(order, 'closed')
    await system.sandbox.pay(number)
    await refunded(order, 'late')
  })

  it('a wrong amount: all of it goes back, and the order is not paid by it', async () => {
    const { order, number } = await opened({ captureFen: '1' })
    await system.sandbox.pay(number)
    await refunded(order, 'wrong_amount')
    await system.reaches(order, 'closed')
  })

  it('double: the old channel’s trade takes money after the order was paid by the wallet', async () => {
    const { shopper, order, number } = await opened({ takeMoneyWhenClosed: true })
    expect((await system.pay(shopper, order, 'balance')).status).toBe(201)
    await system.reaches(order, 'to_ship')
    await system.sandbox.pay(number)
    await refunded(order, 'duplicate')
    const [row] = await system.container.db.sql`SELECT status, pay_state FROM orders WHERE id = ${order}`
    expect(row).toEqual({ status: 'to_ship', pay_state: 'paid' })
  })
})

describe('closing', () => {
  it('a close that is refused because the buyer has just paid ends as paid', async () => {
    const { shopper, order } = await opened({ payBeforeClose: true })
    const answer = await shopper.api.v1.orders[':id'].cancel.$post({ param: { id: order } })
    expect(await answer.json()).toMatchObject({ status: 409, code: 'already_paid' })
    await system.reaches(order, 'to_ship')
  })

  it('nothing is released while the provider does not answer; once it does, all of it is', async () => {
    const silent = { close: { times: 1000, status: 500 }, query: { times: 1000, status: 500 } } as const
    const { order, number } = await opened({ fail: silent })
    await system.reaches(order, 'closing')
    await expect.poll(() => triesToClose(order), { timeout: 40_000 }).toBeGreaterThan(1)
    expect(await heldBy(order)).toEqual({ status: 'closing', step: 'done', attempt: 'open' })
    await system.sandbox.switches({}, number)
    await system.reaches(order, 'closed')
    expect(await heldBy(order)).toEqual({ status: 'closed', step: 'undone', attempt: 'closed' })
  })

  it('a buyer who cancels is answered when the order is closed, and cannot pay any more', async () => {
    const { shopper, order } = await opened()
    const answer = await shopper.api.v1.orders[':id'].cancel.$post({ param: { id: order } })
    expect([200, 202]).toContain(answer.status)
    await system.reaches(order, 'closed')
    expect(await system.pay(shopper, order)).toMatchObject({ status: 409, body: { code: 'order_closed' } })
  })
})

describe('paying refuses', () => {
  it('already_paid, not_payable, and a wallet that is short', async () => {
    const shopper = await newShopper()
    const onDelivery = await system.buy(shopper, 1, { payment: 'on_delivery' })
    expect(await system.pay(shopper, onDelivery)).toMatchObject({
      status: 409,
      body: { code: 'not_payable' },
    })
    const order = await system.buy(shopper, 1)
    expect((await system.pay(shopper, order, 'balance')).status).toBe(201)
    expect(await system.pay(shopper, order, 'balance')).toMatchObject({
      status: 409,
      body: { code: 'already_paid' },
    })
    const broke = await system.shopper(7)
    const unpaid = await system.buy(broke, 1)
    expect(await system.pay(broke, unpaid, 'balance')).toMatchObject({
      status: 409,
      body: { code: 'balance_insufficient' },
    })
    expect(await system.container.db.sql`SELECT 1 FROM attempts WHERE order_id = ${unpaid}`).toHaveLength(0)
  })

  it('somebody else’s order is not found, and its attempt stays as it is', async () => {
    const { order, number } = await opened()
    expect((await system.pay(await system.shopper(50), order, 'balance')).status).toBe(404)
    expect(await system.container.db.sql`SELECT state FROM attempts WHERE number = ${number}`).toEqual([
      { state: 'open' },
    ])
  })
})

it('and the books add up, here and at the provider', async () => {
  await expect
    .poll(
      () => system.container.db.sql`SELECT 1 FROM orders WHERE status IN ('awaiting_payment', 'closing')`,
      {
        timeout: 50_000,
      },
    )
    .toHaveLength(0)
  await system.addsUp()
})
