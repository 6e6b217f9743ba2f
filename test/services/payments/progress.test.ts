import { describe, expect, it } from 'vitest'
import type { TradeFacts } from '../../../providers/provider.ts'
import { createNotificationBatcher } from '../../../services/payments/notification-batcher.ts'
import { storeNotified, storePayment } from '../../../services/payments/notifications.ts'
import { resolvePayment } from '../../../services/payments/resolve-payment.ts'
import { orderRow } from '../../support/books.ts'
import { accounts } from '../../support/paying.ts'
import { useShop } from '../../support/use-shop.ts'
import { payable } from './resolving.ts'

const { sql, shop, till } = await useShop()

const log = { warn: () => {} }
const progress = (facts: TradeFacts) => storeNotified({ sql, ids: shop.ids }, { is: 'progress', facts })

/** Everybody who can find out that an order was paid. */
const finders = {
  callback: (facts: TradeFacts) => createNotificationBatcher(sql, shop.ids, log)(facts),
  watch: (facts: TradeFacts) => storePayment({ sql, ids: shop.ids }, facts, 'watch'),
  closing: (facts: TradeFacts) => storePayment({ sql, ids: shop.ids }, facts, 'closing'),
  statement: (facts: TradeFacts) => storePayment({ sql, ids: shop.ids }, facts, 'statement'),
}

describe('a notice that a trade has moved on', () => {
  it.each(Object.entries(finders))(
    'that names the paid state itself never takes the place of the payment, which the %s finds',
    async (_, finds) => {
      const { order, attempt } = await payable(sql, shop, till)
      const facts = await till.facts(attempt, { state: 'TRADE_SUCCESS' })
      await progress(facts)
      const stored = await finds(facts)
      expect(stored.outcome).toBeNull()
      expect(await resolvePayment(sql, accounts, stored.id)).toBe('paid')
      expect(await orderRow(sql, order)).toMatchObject({ status: 'to_ship', payState: 'paid' })
    },
  )

  it('that comes after the payment changes nothing', async () => {
    const { order, attempt } = await payable(sql, shop, till)
    const facts = await till.facts(attempt, { state: 'TRADE_SUCCESS' })
    expect(await till.notify(facts)).toBe('paid')
    await progress(facts)
    expect(await till.notify(facts)).toBe('paid')
    expect(await orderRow(sql, order)).toMatchObject({ status: 'to_ship', payState: 'paid' })
  })

  it('has the watch ask about its attempt at once', async () => {
    const { attempt } = await payable(sql, shop, till)
    await progress(await till.facts(attempt, { state: 'WAIT_BUYER_PAY' }))
    const [row] = await sql`SELECT next_ask_at <= now() AS due FROM attempts WHERE number = ${attempt}`
    expect(row).toEqual({ due: true })
  })
})
