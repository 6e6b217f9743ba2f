import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AttemptView } from '../../api/deps.ts'
import type { AttemptNumber, OrderId } from '../../domain/ids.ts'
import { fen } from '../../domain/money.ts'
import { OrderUnknown } from '../../domain/order-unknown.ts'
import { refuse } from '../../domain/refusals.ts'
import type { Buyer } from './harness.ts'
import { type Played, startPlayed } from './played.ts'
import { insertOrder } from './stored-orders.ts'

let harness: Played
let buyer: Buyer
beforeAll(async () => {
  harness = await startPlayed()
})
afterAll(() => harness.close())
beforeEach(async () => {
  harness.reset()
  buyer = await harness.newBuyer()
})

const stored = async (): Promise<OrderId> => {
  const id = harness.ids.next() as OrderId // A fresh snowflake.
  await insertOrder(harness.db, { id, buyer: buyer.id })
  return id
}

describe('paying', () => {
  it('gives what the buyer needs to pay', async () => {
    const id = await stored()
    const attempt: AttemptView = {
      number: '5' as AttemptNumber,
      channel: 'wechat-v3',
      state: 'open',
      amount: fen(2100),
      answer: { kind: 'qr', qr: 'weixin://x' },
      expiresAt: new Date(0),
    }
    const calls: unknown[] = []
    harness.paying = {
      pay: async (...call) => {
        calls.push(call)
        return attempt
      },
    }
    expect(await harness.post(buyer, `/v1/orders/${id}/payments`, { channel: 'wechat-v3' })).toMatchObject({
      status: 201,
      number: '5',
      channel: 'wechat-v3',
      state: 'open',
      amount: { fen: '2100' },
      answer: { kind: 'qr', qr: 'weixin://x' },
      expiresAt: '1970-01-01T00:00:00.000Z',
    })
    expect(calls).toEqual([[id, buyer.id, { channel: 'wechat-v3', payer: {} }]])
  })

  it('answers refusals, and 404 for an order that is not the buyer’s', async () => {
    const id = await stored()
    harness.paying = { pay: async () => refuse('attempt_unsettled', { retryAfterS: 2 }) }
    expect(await harness.post(buyer, `/v1/orders/${id}/payments`, { channel: 'balance' })).toMatchObject({
      status: 409,
      code: 'attempt_unsettled',
    })
    harness.paying = {
      pay: async () => {
        throw new OrderUnknown(id)
      },
    }
    expect(await harness.post(buyer, `/v1/orders/${id}/payments`, { channel: 'balance' })).toMatchObject({
      status: 404,
      code: 'not_found',
    })
    expect(await harness.post(buyer, '/v1/orders/x/payments', { channel: 'balance' })).toMatchObject({
      status: 404,
    })
    expect(await harness.post(buyer, `/v1/orders/${id}/payments`, { channel: 'cash' })).toMatchObject({
      status: 422,
      field: 'channel',
    })
  })
})

describe('cancelling', () => {
  it('answers 200 with the closed order, 202 while the provider is asked', async () => {
    const id = await stored()
    harness.placing.cancel = async () =>
      void (await harness.db.sql`UPDATE orders SET status = 'closing' WHERE id = ${id}`)
    expect(await harness.post(buyer, `/v1/orders/${id}/cancel`, {})).toMatchObject({ status: 'closing' })
    harness.placing.cancel = async () =>
      void (await harness.db.sql`UPDATE orders SET status = 'closed' WHERE id = ${id}`)
    const answer = await buyer.api.v1.orders[':id'].cancel.$post({ param: { id } })
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({ status: 'closed' })
  })

  it('answers refusals, and 404 for an order that is not the buyer’s', async () => {
    const id = await stored()
    harness.placing.cancel = async () => refuse('already_paid', {})
    expect((await buyer.api.v1.orders[':id'].cancel.$post({ param: { id } })).status).toBe(409)
    harness.placing.cancel = async () => {
      throw new OrderUnknown(id)
    }
    expect((await buyer.api.v1.orders[':id'].cancel.$post({ param: { id } })).status).toBe(404)
  })
})

describe('a fault', () => {
  it('is logged once, with the order, and answers nothing of its inside', async () => {
    harness.logged.length = 0
    const id = await stored()
    const fault = Object.assign(new Error('boom', { cause: new Error('syntax error in SELECT') }), {
      parameters: ['13800138000'],
    })
    harness.paying = {
      pay: async () => {
        throw fault
      },
    }
    const answer = await harness.post(buyer, `/v1/orders/${id}/payments`, { channel: 'balance' })
    expect(answer).toMatchObject({ status: 500, code: 'fault' })
    expect(JSON.stringify(answer)).not.toMatch(/boom|SELECT|\.ts/)
    expect(harness.logged).toHaveLength(1)
    expect(JSON.parse(harness.logged[0] ?? '')).toMatchObject({
      orderId: id,
      fault: { message: 'syntax error in SELECT' },
    })
    expect(harness.logged[0]).not.toContain('13800138000')
  })
})
