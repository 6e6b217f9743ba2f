import { describe, expect, it } from 'vitest'
import type { AttemptNumber } from '../../../domain/ids.ts'
import { fen } from '../../../domain/money.ts'
import type { TradeFacts } from '../../../providers/provider.ts'
import { closeOrder } from '../../../services/orders/close.ts'
import { storePayment } from '../../../services/payments/notifications.ts'
import { resolvePayment } from '../../../services/payments/resolve-payment.ts'
import { holdings, movementsOf, orderRow } from '../../support/books.ts'
import { accounts, attemptRow } from '../../support/paying.ts'
import { useShop } from '../../support/use-shop.ts'
import { closedUnpaid, payable } from './resolving.ts'

const { sql, shop, till } = await useShop()

const settled = ['coupon locked', 'coupon used', 'growth earned', 'points earned', 'points order']
const refundsOf = (attempt: AttemptNumber) =>
  sql`
    SELECT number, cause, amount_fen AS amount, state
    FROM refunds
    WHERE attempt = ${attempt}
    ORDER BY created_at`
const stored = async (facts: TradeFacts) => (await storePayment({ sql, ids: shop.ids }, facts, 'callback')).id
const other = (facts: TradeFacts): TradeFacts => ({ ...facts, transaction: `${facts.transaction}b` })

describe('the right money', () => {
  it.each(['awaiting_payment', 'closing'])(
    'for an order that is %s pays and settles it, in one transaction',
    async (status) => {
      const { order, attempt, input } = await payable(sql, shop, till)
      if (status === 'closing') await closeOrder(sql, order, 'pay_timeout')
      expect(await till.notify(await till.facts(attempt))).toBe('paid')

      expect(await orderRow(sql, order)).toMatchObject({
        status: 'to_ship',
        payState: 'paid',
        closedWhy: null,
        paidAt: expect.any(Date),
      })
      expect(await attemptRow(sql, attempt)).toEqual({
        state: 'paid',
        captured: 6300n,
        refunding: 0n,
        transaction: `t${attempt}`,
        askAt: null,
      })
      const moved = await movementsOf(sql, order)
      expect(moved).toEqual(expect.arrayContaining(settled))
      expect(moved.filter((what) => what === 'stock deducted')).toHaveLength(3)
      const [shelf] = await sql`
          SELECT on_hand, reserved
          FROM stock
          WHERE sku_id = ${input.lines[0]?.sku ?? null} AND warehouse_id = 1`
      expect(shelf).toEqual({ on_hand: 0, reserved: 0 })
      expect((await sql`SELECT sales FROM skus WHERE id = ${input.lines[0]?.sku ?? null}`)[0]).toEqual({
        sales: 4n,
      })
      expect((await sql`SELECT points, growth FROM loyalty WHERE user_id = ${input.buyerId}`)[0]).toEqual({
        points: 500n - 250n + 70n,
        growth: 70n,
      })
      const log = await sql<
        { to: string }[]
      >`SELECT to_status AS to FROM order_log WHERE order_id = ${order} ORDER BY id`
      expect(log.map(({ to }) => to)).toEqual([
        'placing',
        'awaiting_payment',
        ...(status === 'closing' ? ['closing'] : []),
        'to_ship',
      ])
    },
  )

  it('notified again, in whatever words, is the same money: the same answer, or a duplicate, and nothing moves', async () => {
    const { attempt } = await payable(sql, shop, till)
    const facts = await till.facts(attempt)
    expect(await till.notify(facts)).toBe('paid')
    const before = await holdings(sql)
    expect(await till.notify(facts)).toBe('paid')
    expect(await till.notify({ ...facts, state: 'TRADE_FINISHED' })).toBe('duplicate')
    expect(await holdings(sql)).toEqual(before)
    expect(await refundsOf(attempt)).toHaveLength(0)
  })

  it('resolved by ten at once is settled once, and all ten get the same answer', async () => {
    const { order, attempt } = await payable(sql, shop, till)
    const notification = await stored(await till.facts(attempt))
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => resolvePayment(sql, accounts, notification)),
    )
    expect(new Set(outcomes)).toEqual(new Set(['paid']))
    expect((await movementsOf(sql, order)).filter((what) => what === 'points earned')).toHaveLength(1)
  })

  it('on an attempt that had been given up still pays the order that waits', async () => {
    const { order, attempt } = await payable(sql, shop, till)
    await sql`UPDATE attempts SET state = 'closed' WHERE number = ${attempt}`
    expect(await till.notify(await till.facts(attempt))).toBe('paid')
    expect(await orderRow(sql, order)).toMatchObject({ status: 'to_ship' })
  })
})

describe('money that cannot stay', () => {
  const goesBack = async (attempt: AttemptNumber, facts: TradeFacts, cause: string) => {
    const before = await holdings(sql)
    const number = `late-pay-${facts.transaction}`
    expect(await till.notify(facts)).toBe(`refund ${number}`)
    expect(await till.notify(facts)).toBe(`refund ${number}`)
    expect(await till.notify({ ...facts, state: 'AGAIN' })).toBe(`refund ${number}`)
    expect(await refundsOf(attempt)).toContainEqual({ number, cause, amount: facts.amount, state: 'asked' })
    expect(await holdings(sql)).toEqual(before)
  }

  it('came by another transaction on a paid order: it goes back, the first stays', async () => {
    const { order, attempt } = await payable(sql, shop, till)
    const facts = await till.facts(attempt)
    await till.notify(facts)
    await goesBack(attempt, other(facts), 'duplicate')
    expect(await attemptRow(sql, attempt)).toMatchObject({
      state: 'paid',
      captured: 12_600n,
      refunding: 6300n,
      transaction: facts.transaction,
    })
    expect(await orderRow(sql, order)).toMatchObject({ status: 'to_ship', payState: 'paid' })
  })

  it('came by another attempt on a paid order: it goes back', async () => {
    const { order, attempt, input } = await payable(sql, shop, till)
    const second = await till.attempt(order, input.buyerId, 'other')
    await till.notify(await till.facts(second, { provider: 'other' }))
    await goesBack(attempt, await till.facts(attempt), 'duplicate')
    expect(await attemptRow(sql, attempt)).toMatchObject({
      state: 'closed',
      captured: 6300n,
      refunding: 6300n,
    })
  })

  it('came when the order was closed: it goes back, and nothing is sold', async () => {
    const { order, attempt } = await closedUnpaid(sql, shop, till)
    await goesBack(attempt, await till.facts(attempt), 'late')
    expect(await orderRow(sql, order)).toMatchObject({ status: 'closed', payState: 'unpaid' })
  })

  it.each([
    ['too little', { amount: fen(6299) }],
    ['too much', { amount: fen(6301) }],
    ['in another currency', { currency: 'USD' }],
  ])('is %s: it goes back, and the order can still be paid', async (_, but) => {
    const { order, attempt, input } = await payable(sql, shop, till)
    await goesBack(attempt, await till.facts(attempt, but), 'wrong_amount')
    expect(await orderRow(sql, order)).toMatchObject({ status: 'awaiting_payment', payState: 'unpaid' })
    expect(await attemptRow(sql, attempt)).toMatchObject({ state: 'closed' })
    const second = await till.attempt(order, input.buyerId)
    expect(second).not.toBe(attempt)
    expect(await till.notify(await till.facts(second))).toBe('paid')
  })
})

describe('money of another system that sells under the same merchant number', () => {
  const shared = { ...accounts, pay: { ...accounts.pay, foreignTrades: ['POS-'] } }
  const outcomeOf = async (trade: string) => {
    const facts = await till.facts('1' as AttemptNumber, {
      attempt: trade as AttemptNumber,
      transaction: `t ${trade}`,
    })
    const outcome = await resolvePayment(sql, shared, await stored(facts))
    const asked = await sql`SELECT reason FROM attention WHERE subject = ${`pay t ${trade}`}`
    return { outcome, asked: asked.length }
  }

  it('asks no human when its numbers are known to begin so, and does otherwise', async () => {
    expect(await outcomeOf('POS-4711')).toEqual({ outcome: 'foreign', asked: 0 })
    expect(await outcomeOf('ERP-4711')).toEqual({ outcome: 'attention', asked: 1 })
  })
})

describe('money that needs a human', () => {
  it.each([
    [
      'for a number that is none of ours',
      'unknown_trade',
      { attempt: '1' as AttemptNumber, transaction: 'stray' },
    ],
    [
      'for a number that cannot be ours',
      'unknown_trade',
      { attempt: 'x-1' as AttemptNumber, transaction: 'odd' },
    ],
    ['of another merchant', 'foreign_notification', { merchant: 'somebody', transaction: 'foreign-1' }],
    ['of another app', 'foreign_notification', { app: 'another', transaction: 'foreign-2' }],
  ])('%s asks for one, once, and touches nothing else', async (_, reason, but) => {
    const { order, attempt } = await payable(sql, shop, till)
    const before = await holdings(sql)
    const facts = await till.facts(attempt, but)
    expect(await till.notify(facts)).toBe('attention')
    expect(await till.notify({ ...facts, state: 'AGAIN' })).toBe('attention')
    const asked =
      await sql`SELECT reason FROM attention WHERE subject = ${`${facts.provider} ${facts.transaction}`}`
    expect([...asked]).toEqual([{ reason }])
    expect(await orderRow(sql, order)).toMatchObject({ status: 'awaiting_payment' })
    expect(await attemptRow(sql, attempt)).toMatchObject({ state: 'open', captured: 0n })
    expect(await holdings(sql)).toEqual(before)
  })

  it('is not resolved where its provider has no account, so that nothing can be released on it; where it has one, it pays', async () => {
    const { order, attempt } = await payable(sql, shop, till)
    const notification = await stored(await till.facts(attempt))
    await expect(resolvePayment(sql, {}, notification)).rejects.toThrow('not configured here')
    const [row] = await sql`SELECT outcome FROM notifications WHERE id = ${notification}`
    expect(row).toEqual({ outcome: null })
    expect(await orderRow(sql, order)).toMatchObject({ status: 'awaiting_payment' })
    expect(await resolvePayment(sql, accounts, notification)).toBe('paid')
  })
})
