import { afterAll, beforeAll, expect, it } from 'vitest'
import { openSystem, type TestSystem } from './system.ts'

let system: TestSystem
beforeAll(async () => {
  system = await openSystem({
    env: { UNPAID_ORDERS: '2', UNPAID_PIECES: '3', ATTEMPTS_PER_ORDER: '1', ON_DELIVERY_ORDERS: '0' },
  })
})
afterAll(() => system.close())

it('the limits that are configured hold at the API: unpaid orders and pieces, cash on delivery, attempts', async () => {
  const shopper = await system.shopper(0)
  const [sku = ''] = await system.skus()
  const place = async (quantity: number, payment: 'online' | 'on_delivery' = 'online') => {
    const { status, body } = await system.place(shopper, await system.quote(shopper, [{ sku, quantity }]), {
      payment,
    })
    return [status, body.code]
  }
  expect(await place(1, 'on_delivery')).toEqual([409, 'on_delivery_unavailable'])
  expect(await place(4)).toEqual([409, 'too_many_pieces'])
  const order = await system.buy(shopper)
  await system.buy(shopper)
  expect(await place(1)).toEqual([409, 'too_many_unpaid_orders'])

  expect((await system.pay(shopper, order, 'wechat-v3')).status).toBe(201)
  expect(await system.pay(shopper, order, 'alipay')).toMatchObject({
    status: 409,
    body: { code: 'too_many_attempts', details: { limit: 1 } },
  })
})
