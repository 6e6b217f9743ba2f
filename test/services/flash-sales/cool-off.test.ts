import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OfferKey, TicketId } from '../../../domain/flash-sale.ts'
import type { ClosedWhy } from '../../../domain/order.ts'
import { preheat } from '../../../services/flash-sales/preheat.ts'
import { stageEntries } from '../../../services/flash-sales/stage-tickets.ts'
import { syncGate } from '../../../services/flash-sales/sync-gate.ts'
import { closeOrder } from '../../../services/orders/close.ts'
import { placeInOneTransaction } from '../../../services/orders/place.ts'
import { refundOrder } from '../../../services/payments/refund-order.ts'
import { expectBooksToAddUp } from '../../support/books.ts'
import { type Joiner, join, planSession } from '../../support/flash-sale.ts'
import { reload } from '../../support/gate-load.ts'
import { flashOrder } from '../../support/tickets.ts'
import { type ConsumerHarness, consumerHarness } from '../../workers/consumer/harness.ts'

const hour = 3_600_000
let harness: ConsumerHarness
beforeAll(async () => {
  harness = await consumerHarness()
})
afterAll(async () => {
  await expectBooksToAddUp(harness.sql)
  await harness.close()
})

async function open(coolOffMs: number): Promise<OfferKey> {
  const { sql, shop, deps } = harness
  const sku = await shop.sku({ 1: 5 })
  const { session } = await planSession(sql, { coolOffMs, offers: [{ sku, quota: 5, limit: 2 }] })
  await preheat(deps, session)
  return { session, sku }
}
const answer = (offer: OfferKey, buyer: Joiner) =>
  join(harness.deps.gate, offer, { buyer, ticket: harness.shop.ids.next() as TicketId }) // A fresh snowflake.

/** A buyer with an order of the offer that waits for its payment. */
async function unpaid(offer: OfferKey): Promise<{ buyer: Joiner; ticket: TicketId }> {
  const buyer = await harness.shop.buyer()
  const ticket = await harness.admitted(offer, { buyer })
  await stageEntries(harness.deps, offer, await harness.read(offer))
  await placeInOneTransaction(harness.sql, await flashOrder(harness.sql, ticket), 'run')
  return { buyer, ticket }
}
async function close(ticket: TicketId, why: ClosedWhy): Promise<void> {
  await closeOrder(harness.sql, ticket, why)
  await syncGate(harness.deps)
}
const waits = { answer: 'cooling_off', until: expect.closeTo(Date.now() + hour, -5.5) }

describe('a buyer who let a ticket go unpaid', () => {
  it.each(['pay_timeout', 'buyer_cancelled'] as const)(
    'waits before joining the offer again (%s); its piece does not, nor do others, nor other offers',
    async (why) => {
      const [offer, other] = [await open(hour), await open(hour)]
      const { buyer, ticket } = await unpaid(offer)
      await close(ticket, why)
      expect(await answer(offer, buyer)).toEqual(waits)
      expect(await answer(other, buyer)).toMatchObject({ answer: 'admitted' })
      expect(await answer(offer, await harness.shop.buyer())).toMatchObject({ answer: 'admitted' })
      await stageEntries(harness.deps, offer, await harness.read(offer))
      await stageEntries(harness.deps, other, await harness.read(other))
      await harness.settles(offer, 4)
    },
  )

  it('waits all the same when the gate is rebuilt, also when it was lost before it was synced', async () => {
    const offer = await open(hour)
    const [synced, pending] = [await unpaid(offer), await unpaid(offer)]
    await close(synced.ticket, 'pay_timeout')
    await closeOrder(harness.sql, pending.ticket, 'pay_timeout')
    await harness.deps.gate.remove(offer)
    await reload(harness.sql, harness.deps.gate, offer)
    for (const { buyer } of [synced, pending]) expect(await answer(offer, buyer)).toEqual(waits)
    await harness.sql`UPDATE tickets SET sync_at = now() WHERE sync IS NOT NULL`
    await syncGate(harness.deps)
    await harness.settles(offer, 5)
  })

  it('waits no longer than that: a gate that is loaded afterwards knows nothing of it', async () => {
    const offer = await open(hour)
    const { buyer, ticket } = await unpaid(offer)
    await close(ticket, 'pay_timeout')
    await harness.sql`UPDATE tickets SET cool_until = now() WHERE id = ${ticket}`
    await reload(harness.sql, harness.deps.gate, offer)
    expect(await answer(offer, buyer)).toMatchObject({ answer: 'admitted' })
    await stageEntries(harness.deps, offer, await harness.read(offer))
  })

  it('does not wait where the session wants none', async () => {
    const offer = await open(0)
    const { buyer, ticket } = await unpaid(offer)
    await close(ticket, 'pay_timeout')
    expect(await answer(offer, buyer)).toMatchObject({ answer: 'admitted' })
    await stageEntries(harness.deps, offer, await harness.read(offer))
  })
})

describe('a buyer who is not to blame', () => {
  it('does not wait: the shop closed the order, or the buyer had paid and took the money back', async () => {
    const offer = await open(hour)
    const closed = await unpaid(offer)
    await close(closed.ticket, 'operator_cancelled')
    expect(await answer(offer, closed.buyer)).toMatchObject({ answer: 'admitted' })
    await stageEntries(harness.deps, offer, await harness.read(offer))
    const { buyer, ticket } = await unpaid(offer)
    const { till } = harness
    expect(await till.notify(await till.facts(await till.attempt(ticket, buyer.id)))).toBe('paid')
    await refundOrder(harness.sql, ticket, { key: 'all', cause: 'cancelled', reason: '', askedBy: buyer.id })
    await harness.sql`UPDATE tickets SET sync_at = now() WHERE sync IS NOT NULL`
    await syncGate(harness.deps)
    expect(await answer(offer, buyer)).toMatchObject({ answer: 'admitted' })
    await stageEntries(harness.deps, offer, await harness.read(offer))
  })
})
