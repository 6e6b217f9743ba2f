import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AttemptNumber, OrderId } from '../../domain/ids.ts'
import { fen } from '../../domain/money.ts'
import type { Switches } from '../../sandbox/client.ts'
import { storePayment } from '../../services/payments/notifications.ts'
import { type House, openHouse, type Shopper } from './system.ts'

let house: House
let worker: { stop(): Promise<void> }
beforeAll(async () => {
  house = await openHouse({ payWithinS: 4, worker: false })
  worker = await house.startWorker()
})
afterAll(() => house.close())

let next = 0
/** A new order of a new buyer, with an open attempt at WeChat. */
async function opened(
  switches: Switches = {},
): Promise<{ shopper: Shopper; order: OrderId; number: string }> {
  const shopper = await house.shopper(next++)
  const order = await house.buy(shopper, 1)
  const { status, body } = await house.pay(shopper, order)
  expect(status).toBe(201)
  const number = String(body.number)
  if (Object.keys(switches).length > 0) await house.sandbox.switches(switches, number)
  return { shopper, order, number }
}
const refundsOf = (order: OrderId) =>
  house.parts.db.sql`SELECT cause, state FROM refunds WHERE order_id = ${order}`
const refunded = (order: OrderId, cause: string) =>
  expect.poll(() => refundsOf(order), { timeout: 40_000 }).toEqual([{ cause, state: 'success' }])

describe('paid by WeChat', () => {
  it('the signed callback settles the order', async () => {
    const { order, number } = await opened()
    await house.sandbox.pay(number)
    await house.reaches(order, 'to_ship')
    expect(await refundsOf(order)).toEqual([])
  })

  it('told twice: settled once', async () => {
    const { order, number } = await opened({ notifyTwice: true })
    await house.sandbox.pay(number)
    await house.reaches(order, 'to_ship')
    await expect
      .poll(
        () =>
          house.parts.db
            .sql`SELECT count(*)::int AS n FROM notifications WHERE attempt = ${number} AND outcome = 'paid'`,
      )
      .toEqual([{ n: 1 }])
  })

  it('a forged callback is not believed and does not stand in the way of the genuine one', async () => {
    const { order, number } = await opened({ forgedNotification: 'first' })
    await house.sandbox.forge(number)
    expect(await house.parts.db.sql`SELECT 1 FROM notifications WHERE attempt = ${number}`).toHaveLength(0)
    await house.sandbox.pay(number)
    await house.reaches(order, 'to_ship')
  })

  it('a lost callback: closing asks the provider, finds the money, and the order is paid', async () => {
    const { order, number } = await opened({ noNotification: true })
    await house.sandbox.pay(number)
    await house.reaches(order, 'to_ship')
  })

  it('paid before the answer to its creation: settled, and the buyer is told', async () => {
    const shopper = await house.shopper(next++)
    const order = await house.buy(shopper, 1)
    await house.sandbox.switches({ payBeforeAnswer: true })
    await house.pay(shopper, order)
    await house.sandbox.switches({})
    await house.reaches(order, 'to_ship')
  })

  it('a creation whose answer was lost is repeated under its number, and the buyer still gets the QR', async () => {
    const shopper = await house.shopper(next++)
    const order = await house.buy(shopper, 1)
    await house.sandbox.switches({ loseAnswer: { open: 1 } })
    expect(await house.pay(shopper, order)).toMatchObject({
      status: 409,
      body: { code: 'attempt_unsettled' },
    })
    await house.sandbox.switches({})
    const second = await house.pay(shopper, order)
    expect(second).toMatchObject({ status: 201, body: { qr: expect.stringContaining('weixin://') } })
    expect(await house.parts.db.sql`SELECT 1 FROM attempts WHERE order_id = ${order}`).toHaveLength(1)
    await house.sandbox.pay(String(second.body.number))
    await house.reaches(order, 'to_ship')
  })
})

describe('money that must not stay is sent back', () => {
  it('late: taken after the order closed', async () => {
    const { order, number } = await opened({ takeMoneyWhenClosed: true })
    await house.reaches(order, 'closed')
    await house.sandbox.pay(number)
    await refunded(order, 'late')
  })

  it('a wrong amount: all of it goes back, and the order is not paid by it', async () => {
    const { order, number } = await opened({ captureFen: '1' })
    await house.sandbox.pay(number)
    await refunded(order, 'wrong_amount')
    await house.reaches(order, 'closed')
  })

  it('double: the old channel’s trade takes money after the order was paid by the wallet', async () => {
    const { shopper, order, number } = await opened({ takeMoneyWhenClosed: true })
    expect((await house.pay(shopper, order, 'balance')).status).toBe(201)
    await house.reaches(order, 'to_ship')
    await house.sandbox.pay(number)
    await refunded(order, 'duplicate')
    const [row] = await house.parts.db.sql`SELECT status, pay_state FROM orders WHERE id = ${order}`
    expect(row).toEqual({ status: 'to_ship', pay_state: 'paid' })
  })
})

describe('closing', () => {
  it('a close that is refused because the buyer has just paid ends as paid', async () => {
    const { shopper, order } = await opened({ payBeforeClose: true })
    const answer = await shopper.api.v1.orders[':id'].cancel.$post({ param: { id: order } })
    expect(await answer.json()).toMatchObject({ status: 409, code: 'already_paid' })
    await house.reaches(order, 'to_ship')
  })

  it('nothing is released while the provider does not answer; then the order closes', async () => {
    const { order } = await opened({
      fail: { close: { times: 2, status: 500 }, query: { times: 2, status: 500 } },
    })
    await house.reaches(order, 'closing')
    await house.reaches(order, 'closed')
  })

  it('a buyer who cancels is answered when the order is closed, and cannot pay any more', async () => {
    const { shopper, order } = await opened()
    const answer = await shopper.api.v1.orders[':id'].cancel.$post({ param: { id: order } })
    expect([200, 202]).toContain(answer.status)
    await house.reaches(order, 'closed')
    expect(await house.pay(shopper, order)).toMatchObject({ status: 409, body: { code: 'order_closed' } })
  })
})

describe('paying refuses', () => {
  it('already_paid, not_payable, and a wallet that is short', async () => {
    const shopper = await house.shopper(next++)
    const onDelivery = await house.buy(shopper, 1, { payment: 'on_delivery' })
    expect(await house.pay(shopper, onDelivery)).toMatchObject({ status: 409, body: { code: 'not_payable' } })
    const order = await house.buy(shopper, 1)
    expect((await house.pay(shopper, order, 'balance')).status).toBe(201)
    expect(await house.pay(shopper, order, 'balance')).toMatchObject({
      status: 409,
      body: { code: 'already_paid' },
    })
    const broke = await house.shopper(7)
    const unpaid = await house.buy(broke, 1)
    expect(await house.pay(broke, unpaid, 'balance')).toMatchObject({
      status: 409,
      body: { code: 'balance_insufficient' },
    })
    expect(await house.parts.db.sql`SELECT 1 FROM attempts WHERE order_id = ${unpaid}`).toHaveLength(0)
  })

  it('somebody else’s order is not found, and its attempt stays as it is', async () => {
    const { order, number } = await opened()
    expect((await house.pay(await house.shopper(50), order, 'balance')).status).toBe(404)
    expect(await house.parts.db.sql`SELECT state FROM attempts WHERE number = ${number}`).toEqual([
      { state: 'open' },
    ])
  })
})

describe('delivered is not handled', () => {
  it('the paying notification comes again after the order is done and its history gone: nothing happens', async () => {
    const { order, number } = await opened()
    await house.sandbox.pay(number)
    await house.reaches(order, 'to_ship')
    const handle = house.parts.client.workflow.getHandle(`order-${order}`)
    await handle.result()
    await house.parts.client.workflowService.deleteWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: `order-${order}` },
    })
    const [told] = await house.parts.db.sql<
      { transaction: string; amount: bigint; merchant: string; app: string }[]
    >`
      SELECT number AS transaction, amount_fen AS amount, merchant, app FROM notifications WHERE attempt = ${number}`
    if (!told) throw new Error('the payment was never notified')
    const again = {
      ...told,
      amount: fen(told.amount),
      provider: 'wechat-v3',
      attempt: number as AttemptNumber,
      state: 'SUCCESS_AGAIN',
      currency: 'CNY',
    }
    const { id } = await storePayment(house.parts.db.sql, house.parts.ids, again, 'callback')
    await expect
      .poll(() => house.parts.db.sql`SELECT outcome FROM notifications WHERE id = ${id}`, { timeout: 30_000 })
      .toEqual([{ outcome: 'duplicate' }])
    expect(await refundsOf(order)).toEqual([])
  })

  it('no workflow is there to hear it: the order is paid all the same', async () => {
    const { order, number } = await opened()
    await house.parts.client.workflow.getHandle(`order-${order}`).terminate('an operator slipped')
    await house.sandbox.pay(number)
    await house.reaches(order, 'to_ship')
  })

  it('no worker is up: the order is paid at once, and its workflow ends so when one comes back', async () => {
    const { order, number } = await opened()
    await worker.stop()
    await house.sandbox.pay(number)
    await house.reaches(order, 'to_ship')
    worker = await house.startWorker()
    expect(await house.parts.client.workflow.getHandle(`order-${order}`).result()).toEqual({
      status: 'to_ship',
    })
  })

  it('an authentic notification for a number that is none of ours asks a human', async () => {
    const facts = {
      provider: 'wechat-v3',
      transaction: 't-unknown',
      attempt: '42' as AttemptNumber,
      state: 'SUCCESS',
      amount: fen(100),
      currency: 'CNY',
      merchant: 'm',
      app: 'a',
    }
    await storePayment(house.parts.db.sql, house.parts.ids, facts, 'callback')
    await expect
      .poll(() => house.parts.db.sql`SELECT reason FROM attention WHERE subject = 'wechat-v3 t-unknown'`, {
        timeout: 30_000,
      })
      .toEqual([{ reason: 'unknown_trade' }])
    await house.parts.db.sql`DELETE FROM notifications WHERE number = 't-unknown'`
  })
})

it('and the books add up, here and at the provider', async () => {
  await expect
    .poll(() => house.parts.db.sql`SELECT 1 FROM orders WHERE status IN ('awaiting_payment', 'closing')`, {
      timeout: 50_000,
    })
    .toHaveLength(0)
  await house.addsUp()
})
