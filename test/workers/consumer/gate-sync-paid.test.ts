import { describe, expect, it } from 'vitest'
import type { OfferKey, TicketId } from '../../../domain/flash-sale.ts'
import { createGateLook } from '../../../services/flash-sales/look-at-gate.ts'
import { stageEntries } from '../../../services/flash-sales/stage-tickets.ts'
import { syncGate } from '../../../services/flash-sales/sync-gate.ts'
import { placeInOneTransaction } from '../../../services/orders/place.ts'
import { refundOrder } from '../../../services/payments/refund-order.ts'
import type { ConsumerDeps } from '../../../workers/consumer/deps.ts'
import { type Joiner, join, offerRow, ticketRow } from '../../support/flash-sale.ts'
import { minted, reload } from '../../support/gate-load.ts'
import { gate as door, held } from '../../support/gates.ts'
import { flashOrder } from '../../support/tickets.ts'
import { audited } from '../../support/use-shop.ts'
import { consumerHarness } from './harness.ts'
import { syncing } from './syncing.ts'

const harness = await audited(consumerHarness())
const { ordered, later, mint, load, left } = syncing(harness)
async function pay(ticket: TicketId, { id }: Joiner): Promise<void> {
  expect(await harness.till.notify(await harness.till.facts(await harness.till.attempt(ticket, id)))).toBe(
    'paid',
  )
}
const toSync = async (ticket: TicketId) => (await ticketRow(harness.sql, ticket))?.sync
const isPaid = async (offer: OfferKey, { id }: Joiner) => (await harness.deps.gate.standing(offer, id))?.paid

describe('pieces of a paid ticket that were refunded before shipping', () => {
  /** A paid order of two pieces of an offer of five. `synced`: whether the gate knows of the payment. */
  async function bought(synced = true) {
    const { offer, ticket, buyer } = await ordered()
    await pay(ticket, buyer)
    if (synced) await syncGate(harness.deps)
    return { offer, ticket, buyer }
  }
  const refundOne = (ticket: TicketId, key: string) =>
    refundOrder(harness.sql, ticket, {
      ...{ key, cause: 'operator', reason: 'one piece', askedBy: '1' },
      choice: { lines: [{ line: 1, quantity: 1 }], shipping: false },
    })
  const look = (offer: OfferKey) => createGateLook(harness.deps, 'a consumer').look(offer)
  const epochOf = async (offer: OfferKey) => (await offerRow(harness.sql, offer)).epoch
  const pieces = async (offer: OfferKey, { id }: Joiner) =>
    (await harness.deps.gate.standing(offer, id))?.pieces

  it('are for sale again once, piece by piece, and the last one gives the ticket back', async () => {
    const { offer, ticket, buyer } = await bought()
    await refundOne(ticket, 'one')
    expect([await left(offer), await toSync(ticket)]).toEqual([3, 'reduced'])
    await Promise.all([1, 2, 3].map(() => syncGate(harness.deps)))
    await harness.settles(offer, 4)
    expect([await pieces(offer, buyer), await isPaid(offer, buyer)]).toEqual([1, true])
    await refundOne(ticket, 'other')
    await later()
    await harness.settles(offer, 5)
    expect(await harness.deps.gate.standing(offer, buyer.id)).toBeUndefined()
  })

  it('count in full when the gate was synced with nothing between: payment, one piece, the other', async () => {
    const { offer, ticket } = await bought(false)
    await refundOne(ticket, 'one')
    await refundOne(ticket, 'other')
    expect(await left(offer)).toBe(3)
    await later()
    await harness.settles(offer, 5)
  })

  it('count once when nobody noted that the gate knows', async () => {
    const { offer, ticket, buyer } = await bought()
    await refundOne(ticket, 'one')
    await harness.deps.gate.keepPieces(offer, await epochOf(offer), { buyer: buyer.id, ticket, pieces: 1 })
    expect(await left(offer)).toBe(4)
    await later()
    await harness.settles(offer, 4)
  })

  it('are in the load of a gate that is minted afterwards, and synced with one that was minted before', async () => {
    const { offer, ticket } = await bought()
    await refundOne(ticket, 'one')
    await reload(harness.sql, harness.deps.gate, offer)
    expect(await left(offer), 'the load has it').toBe(4)
    await later()
    await harness.settles(offer, 4)
    const epoch = await mint(offer)
    await refundOne(ticket, 'other')
    await later()
    expect(await left(offer), 'the gate is an older one').toBe(4)
    await load(offer, epoch)
    await later()
    await harness.settles(offer, 5)
  })

  it('are no difference to the supervisor, before the gate is synced and after it', async () => {
    const { offer, ticket } = await bought()
    const before = await epochOf(offer)
    await refundOne(ticket, 'one')
    for (let i = 0; i < 10; i++) await look(offer)
    await later()
    for (let i = 0; i < 10; i++) await look(offer)
    expect(await epochOf(offer), 'nothing was recounted').toBe(before)
    await harness.settles(offer, 4)
  })
})

describe('a payment', () => {
  it('is synced once, and its buyer may join again up to the limit', async () => {
    const offer = await harness.open(5)
    const buyer = await harness.shop.buyer()
    const ticket = await harness.admitted(offer, { buyer })
    await stageEntries(harness.deps, offer, await harness.read(offer))
    await placeInOneTransaction(harness.sql, await flashOrder(harness.sql, ticket), 'run')
    const again = () => join(harness.deps.gate, offer, { buyer, ticket: harness.shop.ids.next() as TicketId })
    expect(await again()).toMatchObject({ answer: 'already_queued', ticket })
    await pay(ticket, buyer)
    expect(await syncGate(harness.deps)).toBe(1)
    expect(await toSync(ticket)).toBeNull()
    expect(await again()).toMatchObject({ answer: 'admitted' })
    await stageEntries(harness.deps, offer, await harness.read(offer))
    await harness.settles(offer, 3)
  })

  it('between the minting of an epoch and its load is synced to the new gate', async () => {
    const { offer, ticket, buyer } = await ordered()
    const epoch = await mint(offer)
    await pay(ticket, buyer)
    expect(await syncGate(harness.deps)).toBe(0)
    await load(offer, epoch)
    expect(await isPaid(offer, buyer), 'the load has it').toBe(true)
    await later()
    expect(await isPaid(offer, buyer)).toBe(true)
  })

  it('while an epoch is being minted reaches the new gate, also when the old one has just been synced with it', async () => {
    const { offer, ticket, buyer } = await ordered()
    let epoch = 0
    const minting = await held(harness.sql, async (tx) => {
      epoch = await minted(harness.sql, offer, tx)
    })
    await pay(ticket, buyer)
    const reached = door()
    const syncing = syncGate({
      ...harness.deps,
      gate: {
        ...harness.deps.gate,
        async paid(...args) {
          const is = await harness.deps.gate.paid(...args)
          reached.open()
          return is
        },
      },
    })
    await reached.opened
    await minting.commit()
    await syncing
    expect(await toSync(ticket), 'the gate that has it is not the one that comes').toBe('paid')
    await load(offer, epoch)
    await later()
    expect(await isPaid(offer, buyer)).toBe(true)
  })

  it('with which the gate was synced just before it was counted anew is in the new gate', async () => {
    const { offer, ticket, buyer } = await ordered()
    await pay(ticket, buyer)
    const paid: ConsumerDeps['gate']['paid'] = async (...args) => {
      const is = await harness.deps.gate.paid(...args)
      await reload(harness.sql, harness.deps.gate, offer)
      return is
    }
    await syncGate({ ...harness.deps, gate: { ...harness.deps.gate, paid } })
    await later()
    expect([await isPaid(offer, buyer), await toSync(ticket)]).toEqual([true, null])
  })
})
