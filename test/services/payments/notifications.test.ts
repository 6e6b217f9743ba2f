import { describe, expect, it } from 'vitest'
import type { AttemptNumber } from '../../../domain/ids.ts'
import type { TradeFacts } from '../../../providers/provider.ts'
import { storePayment } from '../../../services/payments/notifications.ts'
import { useShop } from '../../support/use-shop.ts'
import { payable } from './resolving.ts'

const { sql, shop, till } = await useShop({ booksAddUp: false })

const rowsOf = async ({ transaction }: TradeFacts) => [
  ...(await sql`
    SELECT id::text AS id, state, attempt::text AS attempt, trade, outcome
    FROM notifications
    WHERE number = ${transaction}
    ORDER BY id`),
]

describe('what a provider said', () => {
  it('is stored once, whoever finds it and though twenty do at the same time', async () => {
    const { order, attempt } = await payable(sql, shop, till)
    const facts = await till.facts(attempt)
    const found = ['callback', 'watch', 'closing'] as const
    const stored = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        storePayment({ sql, ids: shop.ids }, facts, found[i % 3] ?? 'callback'),
      ),
    )
    const [row, ...others] = await rowsOf(facts)
    expect(others).toEqual([])
    for (const one of stored) expect(one).toEqual({ id: row?.id, orderId: order, outcome: null })
  })

  it('keeps its first words: another amount for the same state changes nothing', async () => {
    const { attempt } = await payable(sql, shop, till)
    const facts = await till.facts(attempt)
    const { id } = await storePayment({ sql, ids: shop.ids }, facts, 'callback')
    expect(
      await storePayment(
        { sql, ids: shop.ids },
        { ...facts, amount: (facts.amount + 1n) as typeof facts.amount },
        'callback',
      ),
    ).toMatchObject({ id })
    expect((await sql`SELECT amount_fen FROM notifications WHERE id = ${id}`)[0]).toEqual({
      amount_fen: facts.amount,
    })
  })

  it('of another state, kind of provider or transaction is stored besides', async () => {
    const { attempt } = await payable(sql, shop, till)
    const facts = await till.facts(attempt)
    for (const but of [{}, { state: 'WAIT_BUYER_PAY' }, { provider: 'other' }])
      await storePayment({ sql, ids: shop.ids }, { ...facts, ...but }, 'callback')
    expect(await rowsOf(facts)).toHaveLength(3)
  })

  it('says, when it comes again, what became of it', async () => {
    const { attempt } = await payable(sql, shop, till)
    const facts = await till.facts(attempt)
    await till.notify(facts)
    expect(await storePayment({ sql, ids: shop.ids }, facts, 'watch')).toMatchObject({ outcome: 'paid' })
  })

  it.each(['12345', 'not-a-number', '99999999999999999999'])(
    'of a trade %s that we do not know is kept, without an attempt',
    async (trade) => {
      const facts = await till.facts('0' as AttemptNumber, {
        attempt: trade as AttemptNumber,
        transaction: `stray ${trade}`,
      })
      expect(await storePayment({ sql, ids: shop.ids }, facts, 'callback')).toMatchObject({
        orderId: null,
        outcome: null,
      })
      expect(await rowsOf(facts)).toMatchObject([{ attempt: null, trade, outcome: null }])
    },
  )
})
