import { describe, expect, it } from 'vitest'
import type { AttemptNumber } from '../../../domain/ids.ts'
import type { TradeFacts } from '../../../providers/provider.ts'
import { closeOrder } from '../../../services/orders/close.ts'
import { markClosed } from '../../../services/payments/attempts/states.ts'
import { storePayment } from '../../../services/payments/notifications.ts'
import { type Outcome, resolvePayment } from '../../../services/payments/resolve-payment.ts'
import { orderRow } from '../../support/books.ts'
import { held, waitingForLocks } from '../../support/gates.ts'
import { accounts } from '../../support/paying.ts'
import { useShop } from '../../support/use-shop.ts'
import { closedUnpaid, payable } from './resolving.ts'

const { sql, shop, till } = await useShop()

const refundsOf = (attempt: AttemptNumber) =>
  sql`
    SELECT number, cause, amount_fen AS amount, state
    FROM refunds
    WHERE attempt = ${attempt}
    ORDER BY created_at`
const stored = async (facts: TradeFacts) => (await storePayment({ sql, ids: shop.ids }, facts, 'callback')).id
const other = (facts: TradeFacts): TradeFacts => ({ ...facts, transaction: `${facts.transaction}b` })

describe('two at the same time', () => {
  it('resolves of two transactions: one pays, the other goes back', async () => {
    const { attempt } = await payable(sql, shop, till)
    const facts = await till.facts(attempt)
    const notifications = [await stored(facts), await stored(other(facts))]
    const outcomes = (await Promise.all(notifications.map((id) => resolvePayment(sql, accounts, id)))).sort()
    expect(outcomes).toEqual(['paid', expect.stringMatching(/^refund late-pay-/)])
  })

  it('resolves of two words for one late transaction: one refund', async () => {
    const { attempt } = await closedUnpaid(sql, shop, till)
    const facts = await till.facts(attempt)
    const notifications = [await stored(facts), await stored({ ...facts, state: 'AGAIN' })]
    const outcomes = await Promise.all(notifications.map((id) => resolvePayment(sql, accounts, id)))
    expect(new Set(outcomes).size).toBe(1)
    expect(await refundsOf(attempt)).toHaveLength(1)
  })

  it('callback, watch, closing and statement that find the same late money at once: one notification, one refund', async () => {
    const { attempt } = await closedUnpaid(sql, shop, till)
    const facts = await till.facts(attempt)
    const outcomes = await Promise.all(
      (['callback', 'watch', 'closing', 'statement'] as const).map(async (found) => {
        const { id } = await storePayment({ sql, ids: shop.ids }, facts, found)
        return resolvePayment(sql, accounts, id)
      }),
    )
    expect(new Set(outcomes)).toEqual(new Set([`refund late-pay-${facts.transaction}`]))
    expect(await refundsOf(attempt)).toEqual([
      { number: `late-pay-${facts.transaction}`, cause: 'late', amount: 6300n, state: 'asked' },
    ])
  })

  /** Both wait for the order's row, in this order. */
  async function race(first: 'resolvePayment' | 'release'): Promise<[Outcome, string]> {
    const { order, attempt } = await payable(sql, shop, till)
    const notification = await stored(await till.facts(attempt))
    await closeOrder(sql, order, 'pay_timeout')
    await markClosed(sql, attempt)
    const row = await held(sql, (tx) => tx`SELECT 1 FROM orders WHERE id = ${order} FOR UPDATE`)
    const start = {
      resolvePayment: () => resolvePayment(sql, accounts, notification),
      release: () => closeOrder(sql, order, 'pay_timeout'),
    }
    const early = start[first]()
    await waitingForLocks(sql, 1)
    const late = first === 'resolvePayment' ? start.release() : start.resolvePayment()
    await waitingForLocks(sql, 2)
    await row.commit()
    await Promise.all([early, late])
    return [await resolvePayment(sql, accounts, notification), (await orderRow(sql, order)).status]
  }

  it('a resolvePayment just before the release: paid, and nothing is given back', async () => {
    expect(await race('resolvePayment')).toEqual(['paid', 'to_ship'])
  })

  it('a release just before the resolver: closed, and the money goes back', async () => {
    expect(await race('release')).toEqual([expect.stringMatching(/^refund late-pay-/), 'closed'])
  })
})
