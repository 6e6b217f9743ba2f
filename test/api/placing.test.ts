import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createQuoteTokens } from '../../api/quote-token.ts'
import { type Buyer, secret } from './harness.ts'
import { type Played, startPlayed } from './played.ts'

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

const choice = { addressId: '1', payment: 'online' } as const

describe('placing', () => {
  it('passes the quote and the choice on, and answers with the order', async () => {
    const quoteToken = await harness.tokenOf(buyer.id)
    const answer = await buyer.api.v1.orders.$post({
      json: {
        ...choice,
        quoteToken,
        couponId: '9',
        points: '00100',
        balance: '0250',
        note: ' ring twice ',
        payment: 'on_delivery',
      },
    })
    expect(answer.status).toBe(201)
    const [{ quote, expired, choice: chosen } = { quote: undefined }] = harness.asked
    expect(expired).toBe(false)
    expect(chosen).toEqual({
      addressId: '1',
      couponId: '9',
      points: '100',
      balance: '250',
      note: 'ring twice',
      payment: 'on_delivery',
    })
    expect(answer.headers.get('location')).toBe(`/v1/orders/${quote?.id}`)
    expect(await answer.json()).toMatchObject({ id: quote?.id, status: 'awaiting_payment' })
  })

  it('takes points as a number too', async () => {
    await harness.post(buyer, '/v1/orders', {
      ...choice,
      quoteToken: await harness.tokenOf(buyer.id),
      points: 120,
    })
    expect(harness.asked[0]?.choice.points).toBe('120')
  })

  it('says where to look when the answer is not there yet', async () => {
    harness.placing.place = async ({ quote }) => ({ state: 'pending', orderId: quote.id })
    const answer = await harness.post(buyer, '/v1/orders', {
      ...choice,
      quoteToken: await harness.tokenOf(buyer.id),
    })
    expect(answer).toMatchObject({ status: 202, look: answer.location })
    expect(answer.location).toBe(`/v1/orders/${answer.orderId}`)
  })

  it('leaves it to the order whether an expired token still answers', async () => {
    const old = createQuoteTokens({ secret, validS: 900, now: () => Date.now() - 3_600_000 })
    await harness.post(buyer, '/v1/orders', { ...choice, quoteToken: await harness.tokenOf(buyer.id, old) })
    expect(harness.asked[0]?.expired).toBe(true)
  })

  it('refuses another buyer’s token, and one that is changed or signed by somebody else', async () => {
    const other = await harness.newBuyer()
    const mine = await harness.tokenOf(buyer.id)
    const [header, payload = '', signature] = mine.split('.')
    const cheaper = Buffer.from(
      Buffer.from(payload, 'base64url').toString().replace('"100"', '"001"'),
    ).toString('base64url')
    const forged = [
      await harness.tokenOf(other.id),
      `${header}.${cheaper}.${signature}`,
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`,
      'nonsense',
      buyer.token,
    ]
    for (const quoteToken of forged)
      expect(await harness.post(buyer, '/v1/orders', { ...choice, quoteToken })).toMatchObject({
        status: 401,
        code: 'quote_forged',
      })
    expect(harness.asked).toEqual([])
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
    const answer = await harness.post(buyer, '/v1/orders', {
      ...choice,
      quoteToken: await harness.tokenOf(buyer.id),
      ...more,
    })
    expect(answer).toMatchObject({ status: 422, code: 'validation', field })
    expect(harness.asked).toEqual([])
  })
})
