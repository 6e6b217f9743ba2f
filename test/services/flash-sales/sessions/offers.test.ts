import { describe, expect, it } from 'vitest'
import type { NewOffer } from '../../../../domain/flash-sale.ts'
import type { SkuId } from '../../../../domain/ids.ts'
import { preheat } from '../../../../services/flash-sales/preheat.ts'
import { addOffer } from '../../../../workflows/messages.ts'
import { offerRow, ticketRow } from '../../../support/flash-sale.ts'
import { refusalOf } from '../../../support/updates.ts'
import { audited } from '../../../support/use-shop.ts'
import { type Sale, sessionHarness } from './harness.ts'

const harness = await audited(sessionHarness())
await harness.startWorker()
const sale = await harness.open()

const offerOf = (sku: SkuId, but: Partial<NewOffer> = {}): NewOffer => ({
  sku,
  priceFen: '800',
  quota: 3,
  limit: 1,
  warehouse: 1,
  ...but,
})
const add = ({ workflow }: Sale, offer: NewOffer) => workflow.executeUpdate(addOffer, { args: [offer] })
const newSku = (pieces = 4) => harness.shop.sku({ 1: pieces })

describe('an offer that is added', () => {
  it('before preheating leaves its pieces on the shelf, and is preheated with the others', async () => {
    const later = await harness.start({ opensInMs: 3_600_000 })
    const sku = await newSku()
    await add(later, offerOf(sku))
    await add(later, offerOf(sku))
    const offer = { session: later.input.session, sku }
    expect(await harness.pieces(offer)).toEqual({ quota: 3, granted: 0, sold: 0, left: undefined, shelf: 4 })
    await preheat(harness.deps, offer.session)
    for (const [one, shelf] of [[offer, 1] as const, [later.offer, 0] as const])
      expect(await harness.pieces(one)).toMatchObject({ shelf })
    expect(await harness.answer(offer)).toBe('not_open')
  })

  it('while the session runs is for sale at once', async () => {
    const sku = await newSku()
    await add(sale, offerOf(sku))
    const offer = { session: sale.input.session, sku }
    expect(await harness.pieces(offer)).toEqual({ quota: 3, granted: 0, sold: 0, left: 3, shelf: 1 })
    await harness.admitted(offer)
    await harness.conserved(offer)
  })

  it('again is the same one: nothing moves, and nobody who has joined loses a place', async () => {
    const sku = await newSku()
    const offer = { session: sale.input.session, sku }
    await add(sale, offerOf(sku))
    const ticket = await harness.admitted(offer)
    await Promise.all([add(sale, offerOf(sku)), add(sale, offerOf(sku))])
    expect(await harness.pieces(offer)).toEqual({ quota: 3, granted: 0, sold: 0, left: 2, shelf: 1 })
    const consumer = harness.startConsumer()
    await expect
      .poll(async () => (await ticketRow(harness.sql, ticket))?.state, { timeout: 30_000 })
      .toBe('live')
    await consumer.stop()
    expect(await offerRow(harness.sql, offer)).toMatchObject({ granted: 1, epoch: 1 })
  })

  it.each<[string, Partial<NewOffer>]>([
    ['price', { priceFen: '801' }],
    ['limit', { limit: 2 }],
    ['quota', { quota: 2 }],
    ['warehouse', { warehouse: 2 }],
  ])('again with another %s is refused, and the first one stays as it is', async (_, other) => {
    const sku = await newSku()
    const offer = { session: sale.input.session, sku }
    await add(sale, offerOf(sku))
    expect(await refusalOf(add(sale, offerOf(sku, other)))).toEqual({ code: 'offer_exists', details: offer })
    expect(await harness.pieces(offer)).toEqual({ quota: 3, granted: 0, sold: 0, left: 3, shelf: 1 })
    await add(sale, offerOf(sku))
  })

  it('with more pieces than the shelf has is refused and leaves nothing behind, so that it may be added with fewer', async () => {
    const sku = await newSku(2)
    const offer = { session: sale.input.session, sku }
    expect(await refusalOf(add(sale, offerOf(sku)))).toEqual({
      code: 'quota_short',
      details: { available: 2 },
    })
    expect(await harness.sql`SELECT 1 FROM offers WHERE sku_id = ${sku}`).toHaveLength(0)
    expect([await harness.shelf(sku), await harness.keys(offer)]).toEqual([2, []])
    await add(sale, offerOf(sku, { quota: 2 }))
    expect(await harness.pieces(offer)).toMatchObject({ quota: 2, left: 2, shelf: 0 })
  })
})
