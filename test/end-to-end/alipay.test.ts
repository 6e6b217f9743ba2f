import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OrderId } from '../../domain/ids.ts'
import { openSystem, type Shopper, type TestSystem } from './system.ts'

let system: TestSystem
beforeAll(async () => {
  system = await openSystem({ payWithinS: 60 })
})
afterAll(() => system.close())

let next = 0
type Form = { action: string; fields: Record<string, string> }
/** A new order of a new buyer, with an open attempt at Alipay. */
async function opened(
  channel: 'alipay' | 'alipay-qr',
): Promise<{ shopper: Shopper; order: OrderId; number: string; form: Form }> {
  const shopper = await system.shopper(next++)
  const order = await system.buy(shopper, 1)
  const { status, body } = await system.pay(shopper, order, channel)
  expect(status).toBe(201)
  // A page's answer carries its form.
  return { shopper, order, number: String(body.number), form: body.answer as Form }
}
const browse = ({ action, fields }: Form) =>
  fetch(action, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' })
const attemptState = async (number: string) =>
  (await system.container.db.sql<{ state: string }[]>`SELECT state FROM attempts WHERE number = ${number}`)[0]
/** Has the watch ask about an attempt now, and waits until it has. */
async function watched(number: string): Promise<void> {
  await system.container.db.sql`UPDATE attempts SET next_ask_at = now(), asked = 0 WHERE number = ${number}`
  await expect
    .poll(
      async () => (await system.container.db.sql`SELECT asked FROM attempts WHERE number = ${number}`)[0],
      {
        timeout: 20_000,
      },
    )
    .not.toEqual({ asked: 0 })
}
const refundsOf = (order: OrderId) =>
  system.container.db.sql`SELECT cause, state FROM refunds WHERE order_id = ${order}`

describe('paid by Alipay', () => {
  it('on its page: the form is opened, the money taken, the signed callback settles the order', async () => {
    const { order, number, form } = await opened('alipay')
    expect((await browse(form)).headers.get('location')).toBe(`/sandbox/cashier/${number}`)
    await system.sandbox.pay(number)
    await system.reaches(order, 'to_ship')
    expect(await refundsOf(order)).toEqual([])
  })

  it('by its code', async () => {
    const { order, number } = await opened('alipay-qr')
    await system.sandbox.pay(number)
    await system.reaches(order, 'to_ship')
  })

  it('a form that is not opened yet stays the order’s attempt when the watch asks, and is paid then without a callback', async () => {
    const { order, number, form } = await opened('alipay')
    await watched(number)
    expect(await attemptState(number)).toEqual({ state: 'open' })
    await system.sandbox.switches({ noNotification: true }, number)
    await browse(form)
    await system.sandbox.pay(number)
    await watched(number)
    await system.reaches(order, 'to_ship')
  })

  it('a form that was opened after its order was cancelled: the money goes back', async () => {
    const { shopper, order, number, form } = await opened('alipay')
    await shopper.api.v1.orders[':id'].cancel.$post({ param: { id: order } })
    await system.reaches(order, 'closed')
    await browse(form)
    await system.sandbox.pay(number)
    await expect
      .poll(() => refundsOf(order), { timeout: 40_000 })
      .toEqual([{ cause: 'late', state: 'success' }])
  })

  it('a forged callback is answered with fail, and nothing of it is kept', async () => {
    const { number } = await opened('alipay-qr')
    await system.sandbox.forge(number)
    expect(await system.container.db.sql`SELECT 1 FROM notifications WHERE attempt = ${number}`).toHaveLength(
      0,
    )
    const answer = await fetch(`${system.url}/v1/notify/alipay`, {
      method: 'POST',
      body: 'trade_status=TRADE_SUCCESS&sign=x&sign_type=RSA2',
    })
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
      200,
      'text/plain; charset=utf-8',
      'fail',
    ])
  })

  it('adds up with what Alipay holds', async () => {
    await system.addsUp()
  })
})
