import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { beginClosing, releaseOrder } from '../../activities/closing.ts'
import { confirmOrder, openAlone } from '../../activities/placing.ts'
import type { Sql } from '../../db/client.ts'
import type { OrderId, UserId } from '../../domain/ids.ts'
import { OrderUnknown, openAttempt } from '../../payments/attempts.ts'
import { confirmed, done, everything, reject, run } from '../activities/everything.ts'
import { expectBooksToAddUp, orderRow } from '../support/books.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { gate } from '../support/gates.ts'
import { attemptRow, openTill, type Till } from '../support/paying.ts'
import { openShop, type Shop } from '../support/shop.ts'

let fresh: FreshDatabase
let sql: Sql
let shop: Shop
beforeAll(async () => {
  fresh = await freshDatabase()
  sql = fresh.db.sql
  shop = await openShop(fresh.db)
})
afterAll(async () => {
  await expectBooksToAddUp(sql)
  await fresh.drop()
})

type Waiting = { till: Till; order: OrderId; buyer: UserId }
async function waiting(wish: Parameters<typeof everything>[1] = {}): Promise<Waiting> {
  const input = await everything(shop, wish)
  return { till: openTill(sql, shop.ids), order: await confirmed(sql, input), buyer: input.buyerId }
}
const attemptsOf = async (order: OrderId) => [
  ...(await sql`SELECT number::text AS number, provider, state FROM attempts WHERE order_id = ${order} ORDER BY number`),
]
const refusal = (code: string, details: object = {}) => ({ refusal: { code, details } })

describe('paying is refused', () => {
  it.each([
    ['already_paid', 'is paid', async ({ till, order, buyer }: Waiting) => till.told(await till.facts(await till.attempt(order, buyer)))],
    ['order_closing', 'is closing', ({ order }: Waiting) => beginClosing(sql, order, 'buyer_cancelled')],
    [
      'order_closed',
      'is closed',
      async ({ order }: Waiting) => {
        await beginClosing(sql, order, 'buyer_cancelled')
        await releaseOrder(sql, order, { end: 'closed' })
      },
    ],
  ])('with %s when the order %s', async (code, _, happen) => {
    const made = await waiting()
    await happen(made)
    const before = await attemptsOf(made.order)
    await expect(openAttempt(made.till, made.order, made.buyer, 'pay')).rejects.toMatchObject(refusal(code))
    expect(await attemptsOf(made.order)).toEqual(before)
  })

  it('with order_closing from the deadline on, though nobody has begun to close it', async () => {
    const { till, order, buyer } = await waiting({ payWithinMs: 0 })
    await expect(openAttempt(till, order, buyer, 'pay')).rejects.toMatchObject(refusal('order_closing'))
    expect(till.pay.opened).toEqual([])
  })

  it('with not_payable when cash is paid on delivery, and before and after an order lives', async () => {
    const { till, order, buyer } = await waiting({ payment: 'on_delivery' })
    await expect(openAttempt(till, order, buyer, 'pay')).rejects.toMatchObject(refusal('not_payable', { status: 'to_ship' }))
    const input = await everything(shop)
    await done(sql, input, 4)
    await expect(openAttempt(till, input.orderId, input.buyerId, 'pay')).rejects.toMatchObject(refusal('not_payable', { status: 'placing' }))
    await reject(sql, input.orderId)
    await expect(openAttempt(till, input.orderId, input.buyerId, 'pay')).rejects.toMatchObject(refusal('not_payable', { status: 'rejected' }))
  })

  it('with already_paid when nothing was due', async () => {
    const buyer = await shop.buyer()
    const input = shop.orderInput(buyer, [[await shop.sku({ 1: 1 }, 0), 1]], { couponId: await shop.coupon(buyer.id, { kind: 'free_shipping' }) })
    const till = openTill(sql, shop.ids)
    await openAlone(sql, input, run)
    await done(sql, input, 2)
    expect(await confirmOrder(sql, input.orderId, 1000)).toEqual({ status: 'to_ship', payBy: null })
    await expect(openAttempt(till, input.orderId, buyer.id, 'pay')).rejects.toMatchObject(refusal('already_paid'))
  })

  it('with payment_refused by a channel that there is not', async () => {
    const { till, order, buyer } = await waiting()
    await expect(openAttempt(till, order, buyer, 'barter')).rejects.toMatchObject(refusal('payment_refused', { code: 'CHANNEL_UNKNOWN' }))
    expect(await attemptsOf(order)).toEqual([])
  })

  it('with payment_refused when the provider says no, and the order stays payable', async () => {
    const { till, order, buyer } = await waiting()
    till.pay.answers.open = () => ({ is: 'refused', code: 'NO_AUTH' })
    await expect(openAttempt(till, order, buyer, 'pay')).rejects.toMatchObject(refusal('payment_refused', { provider: 'pay', code: 'NO_AUTH' }))
    expect(await attemptsOf(order)).toMatchObject([{ state: 'failed' }])
    till.pay.answers = {}
    expect(await openAttempt(till, order, buyer, 'pay')).toMatchObject({ state: 'open' })
    expect(new Set(till.pay.opened.map(({ attempt }) => attempt)).size).toBe(2)
  })

  it('as an unknown order when it is another buyer’s, and nobody’s attempt is touched', async () => {
    const { till, order, buyer } = await waiting()
    await till.attempt(order, buyer)
    const before = await attemptsOf(order)
    const stranger = (await shop.buyer({ balance: 10_000 })).id
    for (const channel of ['pay', 'other', 'balance']) await expect(openAttempt(till, order, stranger, channel)).rejects.toThrow(OrderUnknown)
    await expect(openAttempt(till, '1' as OrderId, buyer, 'pay')).rejects.toThrow(OrderUnknown)
    expect(await attemptsOf(order)).toEqual(before)
    expect([...till.pay.closed, ...till.other.opened]).toEqual([])
  })
})

describe('paying by the same channel', () => {
  it('gives the same open attempt again, without asking the provider', async () => {
    const { till, order, buyer } = await waiting()
    const first = await openAttempt(till, order, buyer, 'pay')
    expect(first).toMatchObject({ state: 'open', amount: 6300n, answer: { kind: 'qr', qr: `qr:${first.number}` } })
    const again = await openAttempt(till, order, buyer, 'pay')
    expect(again).toMatchObject({ number: first.number, answer: first.answer })
    expect(till.pay.opened).toHaveLength(1)
  })

  it('tells the provider to stop taking money at the order’s deadline', async () => {
    const { till, order, buyer } = await waiting()
    await openAttempt(till, order, buyer, 'pay')
    const [row] = await sql<{ payBy: Date }[]>`SELECT pay_by AS "payBy" FROM orders WHERE id = ${order}`
    expect(till.pay.opened[0]?.expiresAt).toEqual(row?.payBy)
  })

  it('repeats a creation whose answer was lost, with its number and identical parameters', async () => {
    const { till, order, buyer } = await waiting()
    till.pay.answers.open = () => ({ is: 'unknown', code: 'TIMEOUT' })
    await expect(openAttempt(till, order, buyer, 'pay')).rejects.toMatchObject(refusal('attempt_unsettled'))
    expect(await attemptsOf(order)).toMatchObject([{ state: 'opening' }])
    till.pay.answers = {}
    expect(await openAttempt(till, order, buyer, 'pay')).toMatchObject({ state: 'open', answer: { kind: 'qr' } })
    expect(till.pay.opened).toHaveLength(2)
    expect(till.pay.opened[1]).toEqual(till.pay.opened[0])
    expect(await attemptsOf(order)).toHaveLength(1)
  })

  it('by ten clicks at once opens one attempt', async () => {
    const { till, order, buyer } = await waiting()
    const opened = await Promise.all(Array.from({ length: 10 }, () => openAttempt(till, order, buyer, 'pay')))
    expect(new Set(opened.map(({ number }) => number)).size).toBe(1)
    for (const request of till.pay.opened) expect(request).toEqual(till.pay.opened[0])
    expect(await attemptsOf(order)).toMatchObject([{ state: 'open' }])
  })

  it('whose number the provider knows as paid asks, has it judged, and refuses', async () => {
    const { till, order, buyer } = await waiting()
    till.pay.answers = { open: () => ({ is: 'paid' }), query: async (attempt) => ({ is: 'paid', facts: await till.facts(attempt) }) }
    await expect(openAttempt(till, order, buyer, 'pay')).rejects.toMatchObject(refusal('already_paid'))
    expect(till.delivered).toEqual([[order, expect.any(String)]])
  })
})

describe('paying by another channel', () => {
  it('first closes the open attempt at its provider', async () => {
    const { till, order, buyer } = await waiting()
    const first = await till.attempt(order, buyer)
    const second = await till.attempt(order, buyer, 'other')
    expect(till.pay.closed).toEqual([first])
    expect(await attemptsOf(order)).toEqual([
      { number: first, provider: 'pay', state: 'closed' },
      { number: second, provider: 'other', state: 'open' },
    ])
  })

  it('waits when nobody knows whether the first can still be paid', async () => {
    const { till, order, buyer } = await waiting()
    await till.attempt(order, buyer)
    till.pay.answers.close = () => ({ is: 'unknown', state: 'USERPAYING' })
    await expect(openAttempt(till, order, buyer, 'other')).rejects.toMatchObject(refusal('attempt_unsettled'))
    await expect(openAttempt(till, order, buyer, 'balance')).rejects.toMatchObject(refusal('attempt_unsettled'))
    expect(await attemptsOf(order)).toMatchObject([{ provider: 'pay', state: 'open' }])
    expect(till.other.opened).toEqual([])
  })

  it('finds that the first was paid: its money is judged, and no second attempt is made', async () => {
    const { till, order, buyer } = await waiting()
    const first = await till.attempt(order, buyer)
    till.pay.answers.close = async (attempt) => ({ is: 'paid', facts: await till.facts(attempt) })
    await expect(openAttempt(till, order, buyer, 'other')).rejects.toMatchObject(refusal('already_paid'))
    expect(till.delivered).toHaveLength(1)
    expect(await till.told(await till.facts(first))).toBe('paid')
    expect(await attemptsOf(order)).toMatchObject([{ number: first, state: 'paid' }])
  })

  it('says to the first’s provider that its creation may still be in flight', async () => {
    const { till, order, buyer } = await waiting()
    till.pay.answers = { open: () => ({ is: 'unknown', code: 'TIMEOUT' }), close: (_, creation) => ({ is: 'unknown', state: creation }) }
    await expect(openAttempt(till, order, buyer, 'pay')).rejects.toMatchObject(refusal('attempt_unsettled'))
    const asked: string[] = []
    till.pay.answers.close = (_, creation) => {
      asked.push(creation)
      return { is: 'closed', state: 'ORDERNOTEXIST' }
    }
    await till.attempt(order, buyer, 'other')
    expect(asked).toEqual(['in_flight'])
  })
})

describe('an order that closes while a creation is in flight', () => {
  it('and whose attempt is ended meanwhile shows no QR to anybody', async () => {
    const { till, order, buyer } = await waiting()
    const [called, answered] = [gate(), gate()]
    till.pay.answers.open = async () => {
      called.open()
      await answered.opened
      return { is: 'open', answer: { kind: 'qr', qr: 'too late' } }
    }
    const opening = expect(openAttempt(till, order, buyer, 'pay')).rejects.toMatchObject(refusal('order_closing'))
    await called.opened
    expect(await beginClosing(sql, order, 'pay_timeout')).toEqual({ status: 'closing', openAttempt: true })
    await sql`UPDATE attempts SET state = 'closed', ended_at = now() WHERE order_id = ${order}`
    await releaseOrder(sql, order, { end: 'closed' })
    answered.open()
    await opening
    expect(await attemptsOf(order)).toMatchObject([{ state: 'closed' }])
    expect(await orderRow(sql, order)).toMatchObject({ status: 'closed' })
  })

  it('keeps the attempt open until its provider has spoken', async () => {
    const { till, order, buyer } = await waiting()
    till.pay.answers.open = async () => {
      await beginClosing(sql, order, 'pay_timeout')
      return { is: 'open', answer: { kind: 'qr', qr: 'in time' } }
    }
    const { number } = await openAttempt(till, order, buyer, 'pay')
    expect(await attemptRow(sql, number)).toMatchObject({ state: 'open' })
    expect(await till.told(await till.facts(number))).toBe('paid')
  })
})
