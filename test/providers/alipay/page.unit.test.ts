import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { alipay as alipayOf } from '../../../providers/alipay/alipay.ts'
import type { PaymentProvider } from '../../../providers/provider.ts'
import { eventually, harness, openRequest } from './harness.ts'

let world: Awaited<ReturnType<typeof harness>>
let alipay: PaymentProvider
beforeAll(async () => {
  world = await harness()
  alipay = world.alipay
})
afterAll(() => world.stop())

describe('a page', () => {
  it('is a form that asks nothing of Alipay; opened, it makes the trade and leads to the cashier', async () => {
    const request = openRequest({ product: 'page' })
    const offline = alipayOf({ ...world.config, gateway: 'http://127.0.0.1:1/gateway.do' })
    expect(await offline.open(request)).toMatchObject({
      is: 'open',
      answer: { kind: 'form', fields: { biz_content: expect.any(String) } },
    })
    expect(await alipay.query(request.attempt, 'settled')).toMatchObject({
      is: 'unknown',
      state: 'ACQ.TRADE_NOT_EXIST',
    })
    expect(await world.browse(request)).toMatchObject({
      status: 302,
      location: `/sandbox/cashier/${request.attempt}`,
    })
    expect(await alipay.query(request.attempt, 'settled')).toMatchObject({
      is: 'unknown',
      state: 'WAIT_BUYER_PAY',
    })
  })

  it('is paid, and the notification is read as the payment that the query finds', async () => {
    const request = openRequest({ product: 'page' })
    await world.browse(request)
    const { transactionId } = await world.buyer.pay(request.attempt)
    const body = await eventually(() => world.shop.received.find((text) => text.includes(request.attempt)))
    const facts = {
      transaction: transactionId,
      attempt: request.attempt,
      amount: 1990n,
      currency: 'CNY',
      state: 'TRADE_SUCCESS',
    }
    expect(await alipay.callbacks?.read(new Headers(), body)).toMatchObject({ is: 'payment', facts })
    expect(await alipay.query(request.attempt, 'settled')).toMatchObject({ is: 'paid', facts })
    expect(new URLSearchParams(body).get('passback_params')).toBe('order%3A1')
  })

  it('that was closed before it was opened takes money still, which the query then finds', async () => {
    const request = openRequest({ product: 'page' })
    expect(await alipay.close(request.attempt, 'settled')).toEqual({
      is: 'closed',
      state: 'ACQ.TRADE_NOT_EXIST',
    })
    expect(await world.browse(request)).toMatchObject({ status: 302 })
    await world.buyer.pay(request.attempt)
    expect(await alipay.query(request.attempt, 'settled')).toMatchObject({
      is: 'paid',
      facts: { amount: 1990n },
    })
  })

  it('makes no trade after the deadline', async () => {
    const request = openRequest({ product: 'page', expiresAt: new Date(Date.now() - 1000) })
    expect(await world.browse(request)).toMatchObject({ status: 400 })
    expect(world.tradeOf(request.attempt)).toBeUndefined()
  })

  it('cannot be changed by the buyer', async () => {
    const request = openRequest({ product: 'page' })
    const opened = await alipay.open(request)
    if (opened.is !== 'open' || opened.answer.kind !== 'form') throw new Error('no form')
    const cheaper = (opened.answer.fields.biz_content ?? '').replace('19.90', '00.01')
    const page = await fetch(opened.answer.action, {
      method: 'POST',
      body: new URLSearchParams({ biz_content: cheaper }),
      redirect: 'manual',
    })
    expect([page.status, await page.text()]).toEqual([400, expect.stringContaining('isv.invalid-signature')])
  })
})
