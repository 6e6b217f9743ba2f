import { describe, expect, it } from 'vitest'
import type { OrderId, UserId } from '../../../domain/ids.ts'
import { closeOrder } from '../../../services/orders/close.ts'
import { openAttempt } from '../../../services/payments/attempts/open.ts'
import { orderRow } from '../../support/books.ts'
import { gate } from '../../support/gates.ts'
import { attemptRow, openTill, type Till } from '../../support/paying.ts'
import { useShop } from '../../support/use-shop.ts'
import { confirmed, everything } from '../orders/everything.ts'

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

describe('paying by the same channel', () => {
  it('gives the same open attempt again, without asking the provider', async () => {
    const { till, order, buyer } = await waiting()
    const first = await openAttempt(till, { order, buyer, channel: 'pay' })
    expect(first).toMatchObject({
      state: 'open',
      amount: 6300n,
      answer: { kind: 'qr', qr: `qr:${first.number}` },
    })
    const again = await openAttempt(till, { order, buyer, channel: 'pay' })
    expect(again).toMatchObject({ number: first.number, answer: first.answer })
    expect(till.pay.opened).toHaveLength(1)
  })

  it('has the provider stop taking money at the order’s deadline', async () => {
    const { till, order, buyer } = await waiting()
    await openAttempt(till, { order, buyer, channel: 'pay' })
    const [row] = await sql<{ payBy: Date }[]>`SELECT pay_by AS "payBy" FROM orders WHERE id = ${order}`
    expect(till.pay.opened[0]?.expiresAt).toEqual(row?.payBy)
  })

  it('gives a provider that takes no trade so short as the order has left the shortest one that it takes', async () => {
    const { till, order, buyer } = await waiting({ payWithinMs: 20_000 })
    Object.assign(till.pay, { shortestExpiryMs: 60_000 })
    const before = Date.now()
    await openAttempt(till, { order, buyer, channel: 'pay' })
    expect(till.pay.opened[0]?.expiresAt.getTime()).toBeGreaterThanOrEqual(before + 60_000)
  })

  it('repeats a creation whose answer was lost, with its number and identical parameters', async () => {
    const { till, order, buyer } = await waiting()
    till.pay.answers.open = () => ({ is: 'unknown', code: 'TIMEOUT' })
    await expect(openAttempt(till, { order, buyer, channel: 'pay' })).rejects.toMatchObject(
      refusal('attempt_unsettled'),
    )
    expect(await attemptsOf(order)).toMatchObject([{ state: 'opening' }])
    till.pay.answers = {}
    expect(await openAttempt(till, { order, buyer, channel: 'pay' })).toMatchObject({
      state: 'open',
      answer: { kind: 'qr' },
    })
    expect(till.pay.opened).toHaveLength(2)
    expect(till.pay.opened[1]).toEqual(till.pay.opened[0])
    expect(await attemptsOf(order)).toHaveLength(1)
  })

  it('fetches an answer whose lifetime is over anew, under its number and with identical parameters', async () => {
    const { till, order, buyer } = await waiting()
    let made = 0
    till.pay.answers.open = () => ({
      is: 'open',
      answer: { kind: 'url', url: `https://h5/${++made}` },
      goodForMs: 300_000,
    })
    const first = await openAttempt(till, { order, buyer, channel: 'pay', payer: { ip: '203.0.113.7' } })
    expect((await openAttempt(till, { order, buyer, channel: 'pay' })).answer).toEqual(first.answer)
    await sql`UPDATE attempts SET answer_until = now() WHERE number = ${first.number}`
    const again = await openAttempt(till, { order, buyer, channel: 'pay' })
    expect(again).toMatchObject({ number: first.number, answer: { url: 'https://h5/2' } })
    expect(till.pay.opened).toHaveLength(2)
    expect(till.pay.opened[1]).toEqual(till.pay.opened[0])
    expect(await attemptsOf(order)).toMatchObject([{ number: first.number, state: 'open' }])
    expect((await openAttempt(till, { order, buyer, channel: 'pay' })).answer).toEqual(again.answer)
  })

  it('keeps an open attempt whose fresh answer could not be had, and says when to ask again', async () => {
    const { till, order, buyer } = await waiting()
    till.pay.answers.open = () => ({ is: 'open', answer: { kind: 'qr', qr: 'stale' }, goodForMs: 0 })
    await openAttempt(till, { order, buyer, channel: 'pay' })
    till.pay.answers.open = () => ({ is: 'unknown', code: 'TIMEOUT' })
    await expect(openAttempt(till, { order, buyer, channel: 'pay' })).rejects.toMatchObject(
      refusal('attempt_unsettled'),
    )
    expect(await attemptsOf(order)).toMatchObject([{ state: 'open' }])
  })

  it('opens another attempt when the provider has no trade for the one whose answer is over', async () => {
    const { till, order, buyer } = await waiting()
    till.pay.answers.open = () => ({ is: 'open', answer: { kind: 'qr', qr: 'stale' }, goodForMs: 0 })
    await openAttempt(till, { order, buyer, channel: 'pay' })
    till.pay.answers.open = () => ({ is: 'refused', code: 'ORDER_CLOSED' })
    await expect(openAttempt(till, { order, buyer, channel: 'pay' })).rejects.toMatchObject(
      refusal('payment_refused'),
    )
    till.pay.answers = {}
    expect(await openAttempt(till, { order, buyer, channel: 'pay' })).toMatchObject({ state: 'open' })
    expect(await attemptsOf(order)).toMatchObject([{ state: 'failed' }, { state: 'open' }])
  })

  it('by ten clicks at once opens one attempt', async () => {
    const { till, order, buyer } = await waiting()
    const opened = await Promise.all(
      Array.from({ length: 10 }, () => openAttempt(till, { order, buyer, channel: 'pay' })),
    )
    expect(new Set(opened.map(({ number }) => number)).size).toBe(1)
    for (const request of till.pay.opened) expect(request).toEqual(till.pay.opened[0])
    expect(await attemptsOf(order)).toMatchObject([{ state: 'open' }])
  })

  it('whose number the provider knows as paid asks, has it resolved, and refuses', async () => {
    const { till, order, buyer } = await waiting()
    till.pay.answers = {
      open: () => ({ is: 'paid' }),
      query: async (attempt) => ({ is: 'paid', facts: await till.facts(attempt) }),
    }
    await expect(openAttempt(till, { order, buyer, channel: 'pay' })).rejects.toMatchObject(
      refusal('already_paid'),
    )
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
    await expect(openAttempt(till, { order, buyer, channel: 'other' })).rejects.toMatchObject(
      refusal('attempt_unsettled'),
    )
    await expect(openAttempt(till, { order, buyer, channel: 'balance' })).rejects.toMatchObject(
      refusal('attempt_unsettled'),
    )
    expect(await attemptsOf(order)).toMatchObject([{ provider: 'pay', state: 'open' }])
    expect(till.other.opened).toEqual([])
  })

  it('finds that the first was paid: its money is resolved, and no second attempt is made', async () => {
    const { till, order, buyer } = await waiting()
    const first = await till.attempt(order, buyer)
    till.pay.answers.close = async (attempt) => ({ is: 'paid', facts: await till.facts(attempt) })
    await expect(openAttempt(till, { order, buyer, channel: 'other' })).rejects.toMatchObject(
      refusal('already_paid'),
    )
    expect(till.delivered).toHaveLength(1)
    expect(await till.notify(await till.facts(first))).toBe('paid')
    expect(await attemptsOf(order)).toMatchObject([{ number: first, state: 'paid' }])
  })

  it('says to the first’s provider that its creation may still be in flight', async () => {
    const { till, order, buyer } = await waiting()
    till.pay.answers = {
      open: () => ({ is: 'unknown', code: 'TIMEOUT' }),
      close: (_, creation) => ({ is: 'unknown', state: creation }),
    }
    await expect(openAttempt(till, { order, buyer, channel: 'pay' })).rejects.toMatchObject(
      refusal('attempt_unsettled'),
    )
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
    const opening = expect(openAttempt(till, { order, buyer, channel: 'pay' })).rejects.toMatchObject(
      refusal('order_closing'),
    )
    await called.opened
    expect(await closeOrder(sql, order, 'pay_timeout')).toEqual({ status: 'closing', openAttempt: true })
    await sql`UPDATE attempts SET state = 'closed', ended_at = now() WHERE order_id = ${order}`
    expect(await closeOrder(sql, order, 'pay_timeout')).toEqual({ status: 'closed', openAttempt: false })
    answered.open()
    await opening
    expect(await attemptsOf(order)).toMatchObject([{ state: 'closed' }])
    expect(await orderRow(sql, order)).toMatchObject({ status: 'closed' })
  })

  it('keeps the attempt open until its provider has spoken', async () => {
    const { till, order, buyer } = await waiting()
    till.pay.answers.open = async () => {
      await closeOrder(sql, order, 'pay_timeout')
      return { is: 'open', answer: { kind: 'qr', qr: 'in time' } }
    }
    const { number } = await openAttempt(till, { order, buyer, channel: 'pay' })
    expect(await attemptRow(sql, number)).toMatchObject({ state: 'open' })
    expect(await till.notify(await till.facts(number))).toBe('paid')
  })
})
