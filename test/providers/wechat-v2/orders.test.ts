import { afterAll, describe, expect, it } from 'vitest'
import type { NotificationId, OrderId, UserId } from '../../../domain/ids.ts'
import { closeAttempt } from '../../../services/payments/attempts/close.ts'
import { openAttempt } from '../../../services/payments/attempts/open.ts'
import { storeNotified } from '../../../services/payments/notifications.ts'
import { resolvePayment } from '../../../services/payments/resolve-payment.ts'
import { confirmed, everything } from '../../services/orders/everything.ts'
import { orderRow } from '../../support/books.ts'
import { openTill, type Till } from '../../support/paying.ts'
import { useShop } from '../../support/use-shop.ts'
import { closable, harness, shared } from './harness.ts'

let till: Till
const { fresh, shop } = await useShop({ booksAddUp: false })
const world = await harness()
afterAll(() => world.stop())

/** An order that awaits its payment, and a till that takes WeChat Pay v2 besides its own. */
async function waiting(): Promise<{
  order: OrderId
  buyer: UserId
  deps: Parameters<typeof openAttempt>[0]
}> {
  const input = await everything(shop)
  till = openTill(fresh.db.sql, shop.ids)
  const deps = { ...till, providers: { ...till.providers, 'wechat-v2': world.wechat } }
  return { order: await confirmed(fresh.db.sql, input), buyer: input.buyerId, deps }
}

describe('an order that is paid by WeChat Pay v2', () => {
  it('is settled by the notification, whose merchant and app are compared', async () => {
    const { order, buyer, deps } = await waiting()
    const { number } = await openAttempt(deps, {
      order,
      buyer,
      channel: 'wechat-v2',
      payer: { ip: '203.0.113.7' },
    })
    await world.buyer.pay(number)
    const [notice] = await world.shop.arrived(1)
    if (!notice) throw new Error('nothing arrived')
    const notified = await world.wechat.callbacks.read(notice.headers, notice.body)
    const stored = await storeNotified({ sql: fresh.db.sql, ids: shop.ids }, notified)
    const again = await storeNotified(
      { sql: fresh.db.sql, ids: shop.ids },
      await world.wechat.callbacks.read(notice.headers, notice.body),
    )
    expect(again?.id).toBe(stored?.id)
    const accounts = { 'wechat-v2': { merchant: shared.mchId, app: shared.appId } }
    // It was stored above.
    expect(await resolvePayment(fresh.db.sql, accounts, stored?.id as NotificationId)).toBe('paid')
    expect(await orderRow(fresh.db.sql, order)).toMatchObject({ status: 'to_ship', payState: 'paid' })
  })

  it('says when it can be paid another way, and when closing is of use; then it closes', async () => {
    const { order, buyer, deps } = await waiting()
    const { number, channel } = await openAttempt(deps, { order, buyer, channel: 'wechat-v2' })
    await expect(openAttempt(deps, { order, buyer, channel: 'pay' })).rejects.toMatchObject({
      refusal: { code: 'attempt_unsettled', details: { retryAfterS: expect.any(Number) } },
    })
    await fresh.db.sql`UPDATE attempts SET calling_until = now() WHERE number = ${number}`
    const closing = closeAttempt({ sql: fresh.db.sql, ids: shop.ids, providers: deps.providers }, order)
    await expect(closing).rejects.toMatchObject({
      name: 'RetryLater',
      afterS: expect.toSatisfy((s: number) => s > 290 && s <= 300),
    })
    world.pass(closable)
    expect(
      await closeAttempt({ sql: fresh.db.sql, ids: shop.ids, providers: deps.providers }, order),
    ).toEqual({ is: 'closed' })
    expect(channel).toBe('wechat-v2')
    await expect(world.buyer.pay(number)).rejects.toThrow('ORDER_CLOSED')
  })
})
