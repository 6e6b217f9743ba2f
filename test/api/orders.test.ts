import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createApiClient } from '../../api/client.ts'
import type { AttemptNumber, OrderId, UserId } from '../../domain/ids.ts'
import type { OrderStatus } from '../../domain/order.ts'
import { type Buyer, type Harness, startHarness } from './harness.ts'
import { insertOrder, snapshot } from './stored-orders.ts'

let harness: Harness
let buyer: Buyer
beforeAll(async () => {
  harness = await startHarness()
})
afterAll(() => harness.close())
beforeEach(async () => {
  buyer = await harness.newBuyer()
})

const stored = async (
  status: OrderStatus = 'awaiting_payment',
  owner: UserId = buyer.id,
): Promise<OrderId> => {
  const id = harness.ids.next() as OrderId // A fresh snowflake.
  await insertOrder(harness.db, { id, buyer: owner, status })
  return id
}

describe('an order', () => {
  it('has everything that was agreed, as it was, with its log and its payments', async () => {
    const id = await stored()
    const number = harness.ids.next() as AttemptNumber // A fresh snowflake.
    await harness.db.sql`
      INSERT INTO attempts (number, order_id, provider, channel, state, amount_fen, currency, description,
        expires_at, calling_until, answer)
      VALUES (${number}, ${id}, 'wechat-v3', 'wechat-v3', 'open', 2100, 'CNY', 'Order', now(), now(),
        '{"kind":"qr","qr":"weixin://x"}')`
    const answer = await buyer.api.v1.orders[':id'].$get({ param: { id } })
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({
      id,
      number: id,
      kind: 1,
      source: 'web',
      status: 'awaiting_payment',
      payState: 'unpaid',
      shippingState: 'not_shipped',
      payment: 'online',
      amounts: {
        goods: { fen: '4499', currency: 'CNY' },
        shipping: { fen: '1000' },
        coupon: { fen: '399' },
        points: { fen: '1000' },
        balance: { fen: '2000' },
        due: { fen: '2100' },
      },
      pointsUsed: '1000',
      lines: [
        {
          name: 'Tea',
          image: '/tea.png',
          attributes: { weight: '250 g' },
          unitPrice: { fen: '4499' },
          quantity: 1,
          coupon: { fen: '399' },
        },
      ],
      address: snapshot,
      note: 'ring twice',
      confirmedAt: null,
      paidAt: null,
      closedAt: null,
      closedWhy: null,
      refusal: null,
      log: [{ from: null, to: 'placing', why: 'opened' }],
      attempts: [{ number, channel: 'wechat-v3', state: 'open', amount: { fen: '2100' }, qr: 'weixin://x' }],
    })
  })

  it('is shown to its buyer while it is being placed, and when it was refused', async () => {
    for (const status of ['placing', 'rejected'] as const) {
      const answer = await buyer.api.v1.orders[':id'].$get({ param: { id: await stored(status) } })
      expect(await answer.json()).toMatchObject({ status })
    }
  })

  it.each(['1', 'x', '9999999999999999999', '-1', '1 OR 1=1'])('is not found by %s', async (id) => {
    const answer = await buyer.api.v1.orders[':id'].$get({ param: { id } })
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({ code: 'not_found' })
  })

  it('is not found by anybody else', async () => {
    const id = await stored('awaiting_payment', (await harness.newBuyer()).id)
    expect((await buyer.api.v1.orders[':id'].$get({ param: { id } })).status).toBe(404)
    expect((await createApiClient(harness.url, '').v1.orders[':id'].$get({ param: { id } })).status).toBe(401)
  })
})

describe('the list of orders', () => {
  const page = async (query: { limit?: string; cursor?: string; status?: 'closed' }) => {
    const answer = await buyer.api.v1.orders.$get({ query })
    if (answer.status !== 200) throw new Error(`no list: ${answer.status}`)
    return answer.json()
  }

  it('pages from the newest, hides what never became an order, and shows nobody else’s', async () => {
    const ids: string[] = []
    for (let i = 0; i < 5; i++) ids.unshift(await stored(i === 2 ? 'closed' : 'awaiting_payment'))
    await stored('placing')
    await stored('rejected')
    await stored('awaiting_payment', (await harness.newBuyer()).id)
    const first = await page({ limit: '3' })
    expect(first.orders.map(({ id }) => id)).toEqual(ids.slice(0, 3))
    expect(first.next).toBe(ids[2])
    const second = await page({ limit: '3', cursor: String(first.next) })
    expect(second.orders.map(({ id }) => id)).toEqual(ids.slice(3))
    expect(second.next).toBeNull()
    expect((await page({ status: 'closed' })).orders.map(({ id }) => id)).toEqual([ids[2]])
  })

  it.each(['status=placing', 'status=rejected', 'status=x', 'limit=0', 'limit=101', 'limit=x', 'cursor=x'])(
    'refuses %s',
    async (query) => {
      const answer = await fetch(`${harness.url}/v1/orders?${query}`, {
        headers: { authorization: `Bearer ${buyer.token}` },
      })
      expect(answer.status).toBe(422)
      expect(await answer.json()).toMatchObject({ field: query.split('=')[0] })
    },
  )
})

describe('a refund', () => {
  it('of an order that there is not is 404, not a refusal of the order', async () => {
    const { token } = await harness.newBuyer({ role: 'finance' })
    const answer = await fetch(`${harness.url}/v1/ops/orders/7/refunds`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': 'ticket:1',
      },
      body: JSON.stringify({ reason: 'a slip of the finger' }),
    })
    expect([answer.status, await answer.json()]).toEqual([
      404,
      expect.objectContaining({ code: 'not_found' }),
    ])
  })
})
