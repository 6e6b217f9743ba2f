import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createApiClient } from '../../api/client.ts'
import { type AttemptView, OrderUnknown, type Paying, type Placing } from '../../api/deps.ts'
import type { AttemptNumber, OrderId, UserId } from '../../domain/ids.ts'
import { fen } from '../../domain/money.ts'
import type { OrderStatus } from '../../domain/order.ts'
import { type RefusalCode, refusalStatus, refuse } from '../../domain/refusals.ts'
import { type Buyer, type Rig, startRig } from './rig.ts'
import { insertOrder, snapshot } from './stored-orders.ts'

/** What belongs to placing and paying is played by these: here only their answers and the HTTP around them matter. */
let placing: Placing
let paying: Paying
let asked: Parameters<Placing['place']>[0][]
let rig: Rig
let buyer: Buyer

beforeAll(async () => {
  rig = await startRig({
    placing: { place: (placement) => placing.place(placement), cancel: (id, who) => placing.cancel(id, who) },
    paying: { pay: (id, who, channel) => paying.pay(id, who, channel) },
  })
})
afterAll(() => rig.close())
beforeEach(async () => {
  asked = []
  buyer = await rig.newBuyer()
  placing = {
    place: async (placement) => {
      asked.push(placement)
      await insertOrder(rig.db, { id: placement.quote.id, buyer: placement.quote.buyer })
      return { state: 'placed', orderId: placement.quote.id }
    },
    cancel: async () => {},
  }
})

const stored = async (status: OrderStatus = 'awaiting_payment', owner: UserId = buyer.id): Promise<OrderId> => {
  const id = rig.ids.next() as OrderId // A fresh snowflake.
  await insertOrder(rig.db, { id, buyer: owner, status })
  return id
}
const tokenOf = async (owner: UserId, quotes = rig.quoteTokens) =>
  (await quotes.sign({ id: rig.ids.next() as OrderId, buyer: owner, source: 'web', lines: [{ sku: '7' as never, quantity: 1, unitPrice: '100' }], rates: {} })).token
const choice = { addressId: '1', payment: 'online' } as const
const post = async (path: string, body: unknown, token = buyer.token) => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const answer = await fetch(rig.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: answer.status, location: answer.headers.get('location'), ...((await answer.json()) as Record<string, unknown>) } // An object, always.
}

describe('placing', () => {
  it('hands the quote and the choice over, and answers with the order', async () => {
    const quoteToken = await tokenOf(buyer.id)
    const answer = await buyer.api.v1.orders.$post({
      json: { ...choice, quoteToken, couponId: '9', points: '00100', balance: '0250', note: ' ring twice ', payment: 'on_delivery' },
    })
    expect(answer.status).toBe(201)
    const [{ quote, expired, choice: chosen } = { quote: undefined }] = asked
    expect(expired).toBe(false)
    expect(chosen).toEqual({ addressId: '1', couponId: '9', points: '100', balance: '250', note: 'ring twice', payment: 'on_delivery' })
    expect(answer.headers.get('location')).toBe(`/v1/orders/${quote?.id}`)
    expect(await answer.json()).toMatchObject({ id: quote?.id, status: 'awaiting_payment' })
  })

  it('takes points as a number too', async () => {
    await post('/v1/orders', { ...choice, quoteToken: await tokenOf(buyer.id), points: 120 })
    expect(asked[0]?.choice.points).toBe('120')
  })

  it('says where to look when the answer is not there yet', async () => {
    placing.place = async ({ quote }) => ({ state: 'pending', orderId: quote.id })
    const answer = await post('/v1/orders', { ...choice, quoteToken: await tokenOf(buyer.id) })
    expect(answer).toMatchObject({ status: 202, look: answer.location })
    expect(answer.location).toBe(`/v1/orders/${String(answer['orderId'])}`)
  })

  it('leaves it to the order whether an expired token still answers', async () => {
    const { createQuoteTokens } = await import('../../api/quote-token.ts')
    const { secret } = await import('./rig.ts')
    const old = createQuoteTokens({ secret, validS: 900, now: () => Date.now() - 3_600_000 })
    await post('/v1/orders', { ...choice, quoteToken: await tokenOf(buyer.id, old) })
    expect(asked[0]?.expired).toBe(true)
  })

  it('refuses another buyer’s token, and one that is changed or signed by somebody else', async () => {
    const other = await rig.newBuyer()
    const mine = await tokenOf(buyer.id)
    const [header, payload = '', signature] = mine.split('.')
    const cheaper = Buffer.from(Buffer.from(payload, 'base64url').toString().replace('"100"', '"001"')).toString('base64url')
    const forged = [
      await tokenOf(other.id),
      `${header}.${cheaper}.${signature}`,
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`,
      'nonsense',
      buyer.token,
    ]
    for (const quoteToken of forged) expect(await post('/v1/orders', { ...choice, quoteToken })).toMatchObject({ status: 401, code: 'quote_forged' })
    expect(asked).toEqual([])
  })

  it.each(Object.keys(refusalStatus) as RefusalCode[])('answers the refusal %s with its status and details', async (code) => {
    placing.place = async () => refuse(code, { sku: '7', skus: ['7'], step: 'x' } as never)
    const answer = await post('/v1/orders', { ...choice, quoteToken: await tokenOf(buyer.id) })
    expect(answer).toMatchObject({ status: refusalStatus[code], code, type: `/problems/${code}`, details: { skus: ['7'] } })
    expect(answer['title']).toEqual(expect.any(String))
  })

  it.each([
    ['an unknown field', { price: 1 }, 'price'],
    ['no address', { addressId: undefined }, 'addressId'],
    ['an address that is no id', { addressId: "1' OR 1=1" }, 'addressId'],
    ['points below zero', { points: -1 }, 'points'],
    ['half a point', { points: 0.5 }, 'points'],
    ['a balance that is a number', { balance: 100 }, 'balance'],
    ['a balance below zero', { balance: '-1' }, 'balance'],
    ['a payment that we do not know', { payment: 'gold' }, 'payment'],
    ['a note of 501 characters', { note: 'x'.repeat(501) }, 'note'],
    ['a note with a zero byte', { note: 'a\u0000' }, 'note'],
  ])('refuses %s with 422 and the field', async (_, more, field) => {
    const answer = await post('/v1/orders', { ...choice, quoteToken: await tokenOf(buyer.id), ...more })
    expect(answer).toMatchObject({ status: 422, code: 'validation', field })
    expect(asked).toEqual([])
  })
})

describe('an order', () => {
  it('has everything that was agreed, as it was, with its log and its payments', async () => {
    const id = await stored()
    const number = rig.ids.next() as AttemptNumber // A fresh snowflake.
    await rig.db.sql`
      INSERT INTO attempts (number, order_id, provider, state, amount_fen, currency, description, expires_at, calling_until, answer)
      VALUES (${number}, ${id}, 'wechat-v3', 'open', 2100, 'CNY', 'Order', now(), now(), '{"kind":"qr","qr":"weixin://x"}')`
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
      lines: [{ name: 'Tea', image: '/tea.png', attributes: { weight: '250 g' }, unitPrice: { fen: '4499' }, quantity: 1, coupon: { fen: '399' } }],
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
    const id = await stored('awaiting_payment', (await rig.newBuyer()).id)
    expect((await buyer.api.v1.orders[':id'].$get({ param: { id } })).status).toBe(404)
    expect((await createApiClient(rig.url, '').v1.orders[':id'].$get({ param: { id } })).status).toBe(401)
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
    await stored('awaiting_payment', (await rig.newBuyer()).id)
    const first = await page({ limit: '3' })
    expect(first.orders.map(({ id }) => id)).toEqual(ids.slice(0, 3))
    expect(first.next).toBe(ids[2])
    const second = await page({ limit: '3', cursor: String(first.next) })
    expect(second.orders.map(({ id }) => id)).toEqual(ids.slice(3))
    expect(second.next).toBeNull()
    expect((await page({ status: 'closed' })).orders.map(({ id }) => id)).toEqual([ids[2]])
  })

  it.each(['status=placing', 'status=rejected', 'status=x', 'limit=0', 'limit=101', 'limit=x', 'cursor=x'])('refuses %s', async (query) => {
    const answer = await fetch(`${rig.url}/v1/orders?${query}`, { headers: { authorization: `Bearer ${buyer.token}` } })
    expect(answer.status).toBe(422)
    expect(await answer.json()).toMatchObject({ field: query.split('=')[0] })
  })
})

describe('paying', () => {
  it('gives what the buyer needs to pay', async () => {
    const id = await stored()
    const attempt: AttemptView = { number: '5' as AttemptNumber, provider: 'wechat-v3', state: 'open', amount: fen(2100), qr: 'weixin://x', expiresAt: new Date(0) }
    const calls: unknown[] = []
    paying = {
      pay: async (...call) => {
        calls.push(call)
        return attempt
      },
    }
    expect(await post(`/v1/orders/${id}/payments`, { channel: 'wechat-v3' })).toMatchObject({
      status: 201,
      number: '5',
      channel: 'wechat-v3',
      state: 'open',
      amount: { fen: '2100' },
      qr: 'weixin://x',
      expiresAt: '1970-01-01T00:00:00.000Z',
    })
    expect(calls).toEqual([[id, buyer.id, 'wechat-v3']])
  })

  it('answers refusals, and 404 for an order that is not the buyer’s', async () => {
    const id = await stored()
    paying = { pay: async () => refuse('attempt_unsettled', { retryAfterS: 2 }) }
    expect(await post(`/v1/orders/${id}/payments`, { channel: 'balance' })).toMatchObject({ status: 409, code: 'attempt_unsettled' })
    paying = {
      pay: async () => {
        throw new OrderUnknown(id)
      },
    }
    expect(await post(`/v1/orders/${id}/payments`, { channel: 'balance' })).toMatchObject({ status: 404, code: 'not_found' })
    expect(await post('/v1/orders/x/payments', { channel: 'balance' })).toMatchObject({ status: 404 })
    expect(await post(`/v1/orders/${id}/payments`, { channel: 'cash' })).toMatchObject({ status: 422, field: 'channel' })
  })
})

describe('cancelling', () => {
  it('answers 200 with the closed order, 202 while the provider is asked', async () => {
    const id = await stored()
    placing.cancel = async () => void (await rig.db.sql`UPDATE orders SET status = 'closing' WHERE id = ${id}`)
    expect(await post(`/v1/orders/${id}/cancel`, {})).toMatchObject({ status: 'closing' })
    placing.cancel = async () => void (await rig.db.sql`UPDATE orders SET status = 'closed' WHERE id = ${id}`)
    const answer = await buyer.api.v1.orders[':id'].cancel.$post({ param: { id } })
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({ status: 'closed' })
  })

  it('answers refusals, and 404 for an order that is not the buyer’s', async () => {
    const id = await stored()
    placing.cancel = async () => refuse('already_paid', {})
    expect((await buyer.api.v1.orders[':id'].cancel.$post({ param: { id } })).status).toBe(409)
    placing.cancel = async () => {
      throw new OrderUnknown(id)
    }
    expect((await buyer.api.v1.orders[':id'].cancel.$post({ param: { id } })).status).toBe(404)
  })
})

describe('a fault', () => {
  it('is logged once, with the order, and tells nothing of its inside', async () => {
    rig.logged.length = 0
    const id = await stored()
    const fault = Object.assign(new Error('boom', { cause: new Error('syntax error in SELECT') }), { parameters: ['13800138000'] })
    paying = {
      pay: async () => {
        throw fault
      },
    }
    const answer = await post(`/v1/orders/${id}/payments`, { channel: 'balance' })
    expect(answer).toMatchObject({ status: 500, code: 'fault' })
    expect(JSON.stringify(answer)).not.toMatch(/boom|SELECT|\.ts/)
    expect(rig.logged).toHaveLength(1)
    expect(JSON.parse(rig.logged[0] ?? '')).toMatchObject({ orderId: id, fault: { message: 'syntax error in SELECT' } })
    expect(rig.logged[0]).not.toContain('13800138000')
  })
})
