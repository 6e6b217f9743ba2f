import { describe, expect, it } from 'vitest'
import type { TicketId } from '../../../domain/flash-sale.ts'
import { endSession, removeGate } from '../../../services/flash-sales/end-session.ts'
import { syncGate } from '../../../services/flash-sales/sync-gate.ts'
import { closeOrder } from '../../../services/orders/close.ts'
import { join, ticketRow } from '../../support/flash-sale.ts'
import { minted, reload } from '../../support/gate-load.ts'
import { held, waitingForLocks } from '../../support/gates.ts'
import { audited } from '../../support/use-shop.ts'
import { consumerHarness } from './harness.ts'
import { syncing } from './syncing.ts'

const harness = await audited(consumerHarness())
const { ordered, later, mint, load, left } = syncing(harness)
const close = (ticket: TicketId) => closeOrder(harness.sql, ticket, 'pay_timeout')
const toSync = async (ticket: TicketId) => (await ticketRow(harness.sql, ticket))?.sync

describe('pieces that were given back', () => {
  it('are for sale again once, whoever syncs the gate how often', async () => {
    const { offer, ticket, buyer } = await ordered()
    await close(ticket)
    expect(await left(offer)).toBe(3)
    await Promise.all([1, 2, 3].map(() => syncGate(harness.deps)))
    expect(await left(offer)).toBe(5)
    expect(await toSync(ticket)).toBeNull()
    expect(harness.offersAnnounced).toContain(offer.sku)
    expect(await syncGate(harness.deps)).toBe(0)
    expect(
      await join(harness.deps.gate, offer, { buyer, ticket: harness.shop.ids.next() as TicketId }),
    ).toMatchObject({
      answer: 'admitted',
    })
  })

  it('are for sale again once, when nobody noted that the gate knows', async () => {
    const { offer, ticket, buyer } = await ordered()
    await close(ticket)
    await harness.deps.gate.giveBack(offer, 1, { buyer: buyer.id, ticket })
    expect(await left(offer)).toBe(5)
    await syncGate(harness.deps)
    await harness.settles(offer, 5)
  })

  it('between the minting of an epoch and its load are synced to the new gate, once', async () => {
    const { offer, ticket } = await ordered()
    const epoch = await mint(offer)
    await close(ticket)
    expect(await syncGate(harness.deps), 'the gate is an older one').toBe(0)
    expect([await left(offer), await toSync(ticket)]).toEqual([3, 'given_back'])
    expect(await load(offer, epoch)).toBe('loaded')
    expect(await later()).toBe(1)
    expect(await toSync(ticket)).toBeNull()
    await harness.settles(offer, 5)
  })

  it('before the minting of an epoch are in its load, and need not be synced', async () => {
    const { offer, ticket } = await ordered()
    await close(ticket)
    await reload(harness.sql, harness.deps.gate, offer)
    expect(await left(offer)).toBe(5)
    expect(await syncGate(harness.deps)).toBe(1)
    expect(await toSync(ticket)).toBeNull()
    await harness.settles(offer, 5)
  })

  it('while an epoch is being minted wait, and are synced to the new gate', async () => {
    const { offer, ticket } = await ordered()
    let epoch = 0
    const minting = await held(harness.sql, async (tx) => {
      epoch = await minted(harness.sql, offer, tx)
    })
    const closing = close(ticket)
    await waitingForLocks(harness.sql, 1)
    await minting.commit()
    await closing
    await load(offer, epoch)
    expect(await left(offer), 'the load has them').toBe(5)
    expect(await syncGate(harness.deps)).toBe(1)
    await harness.settles(offer, 5)
  })

  it('are synced when the gate answers again', async () => {
    const { offer, ticket } = await ordered()
    await close(ticket)
    const away = { ...harness.deps.gate, giveBack: () => Promise.reject(new Error('Redis is away')) }
    expect(await syncGate({ ...harness.deps, gate: away })).toBe(0)
    expect(await toSync(ticket)).toBe('given_back')
    expect(await later()).toBe(1)
    await harness.settles(offer, 5)
  })

  it('are nothing to a gate whose session has ended meanwhile', async () => {
    const { offer, ticket } = await ordered()
    await close(ticket)
    await endSession(harness.sql, offer.session)
    await removeGate(harness.deps, offer.session)
    expect(await syncGate(harness.deps)).toBe(1)
    expect([await toSync(ticket), await left(offer)]).toEqual([null, undefined])
  })
})
