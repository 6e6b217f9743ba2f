import { describe, expect, it } from 'vitest'
import { preheat } from '../../../../services/flash-sales/preheat.ts'
import { stageEntries } from '../../../../services/flash-sales/stage-tickets.ts'
import { changeQuota } from '../../../../workflows/messages.ts'
import { offerRow } from '../../../support/flash-sale.ts'
import { refusalOf } from '../../../support/updates.ts'
import { audited } from '../../../support/use-shop.ts'
import { newChange, type Sale, sessionHarness } from './harness.ts'

const harness = await audited(sessionHarness())
await harness.startWorker()

const to = ({ workflow, sku }: Sale, quota: number, change = newChange()) =>
  workflow.executeUpdate(changeQuota, { args: [{ sku, quota, change }] })
const stage = async ({ offer }: Sale) => stageEntries(harness.deps, offer, await harness.read(offer))

describe('a quota that is changed while the session runs', () => {
  it('up: pieces leave the shelf and are for sale', async () => {
    const sale = await harness.open({ quota: 5, stock: 9 })
    await to(sale, 7)
    expect(await harness.pieces(sale.offer)).toEqual({ quota: 7, granted: 0, sold: 0, left: 7, shelf: 2 })
  })

  it('down: pieces are not for sale any more and go back to the shelf', async () => {
    const sale = await harness.open({ quota: 5 })
    await to(sale, 2)
    expect(await harness.pieces(sale.offer)).toEqual({ quota: 2, granted: 0, sold: 0, left: 2, shelf: 3 })
  })

  it('up by more than the shelf has is refused, and changes nothing', async () => {
    const sale = await harness.open({ quota: 5, stock: 6 })
    expect(await refusalOf(to(sale, 7))).toEqual({ code: 'quota_short', details: { available: 1 } })
    expect(await harness.pieces(sale.offer)).toEqual({ quota: 5, granted: 0, sold: 0, left: 5, shelf: 1 })
  })

  it('below what is granted, staged or not, is refused with the least that it may be; that is then taken', async () => {
    const sale = await harness.open({ quota: 5 })
    await harness.admitted(sale.offer)
    await stage(sale)
    await harness.admitted(sale.offer)
    const change = newChange()
    expect(await refusalOf(to(sale, 1, change))).toEqual({
      code: 'quota_below_granted',
      details: { least: 2 },
    })
    expect(await harness.pieces(sale.offer)).toEqual({ quota: 5, granted: 1, sold: 0, left: 3, shelf: 0 })
    await to(sale, 2, change)
    expect(await harness.pieces(sale.offer)).toEqual({ quota: 2, granted: 1, sold: 0, left: 0, shelf: 3 })
    expect(await harness.answer(sale.offer)).toBe('sold_out')
    await stage(sale)
    expect(await offerRow(harness.sql, sale.offer)).toMatchObject({ granted: 2, soldOut: true })
    await harness.conserved(sale.offer)
  })

  it('to nothing sells nothing, and to something again sells again', async () => {
    const sale = await harness.open({ quota: 1 })
    await to(sale, 0)
    expect(await harness.answer(sale.offer)).toBe('sold_out')
    expect(await offerRow(harness.sql, sale.offer)).toMatchObject({ quota: 0, soldOut: true })
    await to(sale, 1)
    expect(await offerRow(harness.sql, sale.offer)).toMatchObject({ quota: 1, soldOut: false })
    expect(await harness.answer(sale.offer)).toBe('admitted')
  })

  it('to what it is changes nothing', async () => {
    const sale = await harness.open({ quota: 5 })
    await to(sale, 5)
    expect(await harness.pieces(sale.offer)).toEqual({ quota: 5, granted: 0, sold: 0, left: 5, shelf: 0 })
  })

  it('of a SKU that is not in the session is refused', async () => {
    const { workflow, offer } = await harness.open()
    const elsewhere = await harness.shop.sku({ 1: 1 })
    const change = { sku: elsewhere, quota: 1, change: newChange() }
    expect(await refusalOf(workflow.executeUpdate(changeQuota, { args: [change] }))).toEqual({
      code: 'offer_unknown',
      details: { session: offer.session, sku: elsewhere },
    })
  })
})

describe('a quota that is changed before preheating', () => {
  it('is only planned otherwise, also by more than the shelf has', async () => {
    const sale = await harness.start({ opensInMs: 3_600_000, quota: 5 })
    for (const quota of [9, 3]) {
      await to(sale, quota)
      expect(await harness.pieces(sale.offer)).toEqual({
        quota,
        granted: 0,
        sold: 0,
        left: undefined,
        shelf: 5,
      })
    }
    await preheat(harness.deps, sale.offer.session)
    expect(await harness.pieces(sale.offer)).toEqual({ quota: 3, granted: 0, sold: 0, left: 3, shelf: 2 })
  })

  it.each([
    ['up', 8],
    ['down', 2],
  ])('%s, is done once however often it is asked for, before and after preheating', async (_, quota) => {
    const sale = await harness.start({ opensInMs: 3_600_000, quota: 5, stock: 10 })
    const change = newChange()
    for (let i = 0; i < 2; i++) await to(sale, quota, change)
    expect(await offerRow(harness.sql, sale.offer)).toMatchObject({ quota })
    await preheat(harness.deps, sale.offer.session)
    await to(sale, quota, change)
    expect(await harness.pieces(sale.offer)).toEqual({
      quota,
      granted: 0,
      sold: 0,
      left: quota,
      shelf: 10 - quota,
    })
  })
})

describe('a change', () => {
  it.each([
    ['up', 8],
    ['down', 2],
  ])('%s that is repeated with its id counts once, in turn and at once', async (_, quota) => {
    const sale = await harness.open({ quota: 5, stock: 10 })
    const change = newChange()
    await Promise.all([1, 2, 3].map(() => to(sale, quota, change)))
    await to(sale, quota, change)
    expect(await harness.pieces(sale.offer)).toEqual({
      quota,
      granted: 0,
      sold: 0,
      left: quota,
      shelf: 10 - quota,
    })
  })

  it('that is repeated after a later one does not undo it', async () => {
    const sale = await harness.open({ quota: 5, stock: 10 })
    const [up, down] = [newChange(), newChange()]
    await to(sale, 8, up)
    await to(sale, 2, down)
    for (const [quota, change] of [[8, up] as const, [2, down] as const]) await to(sale, quota, change)
    expect(await harness.pieces(sale.offer)).toEqual({ quota: 2, granted: 0, sold: 0, left: 2, shelf: 8 })
  })

  it('is done in the order in which it was asked for, while buyers join', async () => {
    const sale = await harness.open({ quota: 5, stock: 20, limit: 1 })
    const consumer = harness.startConsumer()
    const [answers] = await Promise.all([
      Promise.all(Array.from({ length: 12 }, () => harness.answer(sale.offer))),
      // Those below what is granted by then are refused.
      ...[12, 8, 15, 10].map((quota) => to(sale, quota).catch(() => {})),
    ])
    const admitted = answers.filter((answer) => answer === 'admitted').length
    const { quota } = await offerRow(harness.sql, sale.offer)
    expect(answers.every((answer) => answer === 'admitted' || answer === 'sold_out')).toBe(true)
    await harness.settles(sale.offer, quota - admitted)
    await consumer.stop()
    expect(await harness.shelf(sale.sku)).toBe(20 - quota)
  })
})
