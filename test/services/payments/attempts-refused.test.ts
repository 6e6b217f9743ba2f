import { describe, expect, it } from 'vitest'
import type { OrderId, UserId } from '../../../domain/ids.ts'
import { OrderUnknown } from '../../../domain/order-unknown.ts'
import { closeOrder } from '../../../services/orders/close.ts'
import { confirmOrder } from '../../../services/orders/confirm.ts'
import { openAlone } from '../../../services/orders/open.ts'
import { openAttempt } from '../../../services/payments/attempts/open.ts'
import { openTill, type Till } from '../../support/paying.ts'
import { useShop } from '../../support/use-shop.ts'
import { confirmed, done, everything, reject, run } from '../orders/everything.ts'

const { sql, shop } = await useShop()

type Waiting = { till: Till; order: OrderId; buyer: UserId }
async function waiting(but: Parameters<typeof everything>[1] = {}): Promise<Waiting> {
  const input = await everything(shop, but)
  return { till: openTill(sql, shop.ids), order: await confirmed(sql, input), buyer: input.buyerId }
}
const attemptsOf = async (order: OrderId) => [
  ...(await sql`
    SELECT number::text AS number, provider, state
    FROM attempts
    WHERE order_id = ${order}
    ORDER BY number`),
]
const refusal = (code: string, details: object = {}) => ({ refusal: { code, details } })

describe('paying is refused', () => {
  it.each([
    [
      'already_paid',
      'is paid',
      async ({ till, order, buyer }: Waiting) =>
        till.notify(await till.facts(await till.attempt(order, buyer))),
    ],
    [
      'order_closing',
      'is closing',
      async ({ till, order, buyer }: Waiting) => {
        await till.attempt(order, buyer)
        await closeOrder(sql, order, 'buyer_cancelled')
      },
    ],
    ['order_closed', 'is closed', ({ order }: Waiting) => closeOrder(sql, order, 'buyer_cancelled')],
  ])('with %s when the order %s', async (code, _, happen) => {
    const made = await waiting()
    await happen(made)
    const before = await attemptsOf(made.order)
    await expect(
      openAttempt(made.till, { order: made.order, buyer: made.buyer, channel: 'pay' }),
    ).rejects.toMatchObject(refusal(code))
    expect(await attemptsOf(made.order)).toEqual(before)
  })

  it('with order_closing from the deadline on, though nobody has begun to close it', async () => {
    const { till, order, buyer } = await waiting({ payWithinMs: 0 })
    await expect(openAttempt(till, { order, buyer, channel: 'pay' })).rejects.toMatchObject(
      refusal('order_closing'),
    )
    expect(till.pay.opened).toEqual([])
  })

  it('with not_payable when cash is paid on delivery, and before and after an order lives', async () => {
    const { till, order, buyer } = await waiting({ payment: 'on_delivery' })
    await expect(openAttempt(till, { order, buyer, channel: 'pay' })).rejects.toMatchObject(
      refusal('not_payable', { status: 'to_ship' }),
    )
    const input = await everything(shop)
    await done(sql, input, 4)
    await expect(
      openAttempt(till, { order: input.orderId, buyer: input.buyerId, channel: 'pay' }),
    ).rejects.toMatchObject(refusal('not_payable', { status: 'placing' }))
    await reject(sql, input.orderId)
    await expect(
      openAttempt(till, { order: input.orderId, buyer: input.buyerId, channel: 'pay' }),
    ).rejects.toMatchObject(refusal('not_payable', { status: 'rejected' }))
  })

  it('with already_paid when nothing was due', async () => {
    const buyer = await shop.buyer()
    const input = shop.orderInput(buyer, [[await shop.sku({ 1: 1 }, 0), 1]], {
      couponId: await shop.coupon(buyer.id, { kind: 'free_shipping' }),
    })
    const till = openTill(sql, shop.ids)
    await openAlone(sql, input, run)
    await done(sql, input, 2)
    expect(await confirmOrder(sql, input.orderId, 1000)).toEqual({ status: 'to_ship', payBy: null })
    await expect(
      openAttempt(till, { order: input.orderId, buyer: buyer.id, channel: 'pay' }),
    ).rejects.toMatchObject(refusal('already_paid'))
  })

  it('with too_many_attempts once the order has had as many as it may have; the open one is given again', async () => {
    const { till, order, buyer } = await waiting()
    const deps = { ...till, mostAttempts: 2 }
    await openAttempt(deps, { order, buyer, channel: 'pay' })
    const second = await openAttempt(deps, { order, buyer, channel: 'other' })
    expect(await openAttempt(deps, { order, buyer, channel: 'other' })).toMatchObject({
      number: second.number,
    })
    await expect(openAttempt(deps, { order, buyer, channel: 'pay' })).rejects.toMatchObject(
      refusal('too_many_attempts', { limit: 2 }),
    )
    expect(till.pay.opened).toHaveLength(1)
  })

  it('with payment_refused by a channel that there is not', async () => {
    const { till, order, buyer } = await waiting()
    await expect(openAttempt(till, { order, buyer, channel: 'barter' })).rejects.toMatchObject(
      refusal('payment_refused', { code: 'CHANNEL_UNKNOWN' }),
    )
    expect(await attemptsOf(order)).toEqual([])
  })

  it('with payment_refused when the provider says no, and the order stays payable', async () => {
    const { till, order, buyer } = await waiting()
    till.pay.answers.open = () => ({ is: 'refused', code: 'NO_AUTH' })
    await expect(openAttempt(till, { order, buyer, channel: 'pay' })).rejects.toMatchObject(
      refusal('payment_refused', { provider: 'pay', code: 'NO_AUTH' }),
    )
    expect(await attemptsOf(order)).toMatchObject([{ state: 'failed' }])
    till.pay.answers = {}
    expect(await openAttempt(till, { order, buyer, channel: 'pay' })).toMatchObject({ state: 'open' })
    expect(new Set(till.pay.opened.map(({ attempt }) => attempt)).size).toBe(2)
  })

  it('as an unknown order when it is another buyer’s, and nobody’s attempt is touched', async () => {
    const { till, order, buyer } = await waiting()
    await till.attempt(order, buyer)
    const before = await attemptsOf(order)
    const stranger = (await shop.buyer({ balance: 10_000 })).id
    for (const channel of ['pay', 'other', 'balance'])
      await expect(openAttempt(till, { order, buyer: stranger, channel })).rejects.toThrow(OrderUnknown)
    await expect(openAttempt(till, { order: '1' as OrderId, buyer, channel: 'pay' })).rejects.toThrow(
      OrderUnknown,
    )
    expect(await attemptsOf(order)).toEqual(before)
    expect([...till.pay.closed, ...till.other.opened]).toEqual([])
  })
})
