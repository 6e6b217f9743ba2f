import { describe, expect, it } from 'vitest'
import { createSessionActivities } from '../../../../activities/index.ts'
import type { OfferKey } from '../../../../domain/flash-sale.ts'
import type { SessionId, SkuId } from '../../../../domain/ids.ts'
import { keysOf } from '../../../../redis/gate/keys.ts'
import { stageEntries } from '../../../../services/flash-sales/stage-tickets.ts'
import { audited } from '../../../support/use-shop.ts'
import { sessionHarness } from './harness.ts'

const harness = await audited(sessionHarness())
const { sql, gate, queue, log } = harness.deps
const needless = {
  ids: harness.shop.ids,
  carts: { removeBought: async () => {} },
  providers: {},
  accounts: {},
  refundFallback: 'none' as const,
}
const act = createSessionActivities({
  ...needless,
  sql,
  gate,
  queue,
  log,
  events: { announce: () => {}, announceSession: () => {} },
})

/** Everything that there is of a session, but for what the clock changes. */
async function everything(session: SessionId, skus: readonly SkuId[]) {
  const { sql, redis } = harness
  const gates = await Promise.all(
    skus.map(async (sku) => {
      const { lease: _, ...offer } = await redis.hgetall(keysOf({ session, sku }).offer)
      return { offer, queued: await redis.xlen(keysOf({ session, sku }).queue) }
    }),
  )
  return {
    gates,
    session: await sql`SELECT * FROM sessions WHERE id = ${session}`,
    offers: await sql`SELECT * FROM offers WHERE session_id = ${session} ORDER BY sku_id`,
    changes: await sql`SELECT * FROM offer_changes WHERE session_id = ${session} ORDER BY change`,
    tickets: await sql`SELECT * FROM tickets WHERE session_id = ${session} ORDER BY id`,
    movements: await sql`SELECT * FROM stock_movements WHERE session_id = ${session} ORDER BY id`,
    stock:
      await sql`SELECT * FROM stock WHERE sku_id = ANY(${[...skus]}::bigint[]) ORDER BY sku_id, warehouse_id`,
    attention: await sql`SELECT * FROM attention WHERE subject LIKE ${`${session} %`} ORDER BY subject`,
  }
}

describe('a session whose every activity is done twice', () => {
  it('is the same as if it were done once', async () => {
    const { input, offer, sku } = await harness.plan({ quota: 6, stock: 5 })
    const { session } = input
    const second = await harness.shop.sku({ 1: 9 })
    const skus = [sku, second]
    const twice = async <T>(work: () => Promise<T>): Promise<T> => {
      const result = await work()
      const before = await everything(session, skus)
      expect(await work()).toEqual(result)
      expect(await everything(session, skus)).toEqual(before)
      return result
    }
    const other: OfferKey = { session, sku: second }
    const added = { sku: second, priceFen: '100', quota: 4, limit: 1, warehouse: 1 }
    const quota = (to: number, change: string) =>
      twice(() => act.changeQuota(session, { sku: second, quota: to, change }))

    await twice(() => act.pauseSession(session, true))
    await twice(() => act.pauseSession(session, false))
    await twice(() => act.preheat(session))
    await twice(() => act.addOffer(session, added))
    await harness.admitted(offer)
    await harness.admitted(other)
    await twice(() => act.preheat(session))
    await twice(() => act.addOffer(session, added))
    await quota(7, 'up')
    await quota(2, 'down')
    await twice(() => act.pauseSession(session, true))
    await twice(() => act.pauseSession(session, false))
    await twice(() => act.closeGates(session))
    await expect(twice(() => act.untilStaged(session))).rejects.toThrow('2 ticket(s)')
    for (const one of [offer, other]) await stageEntries(harness.deps, one, await harness.read(one))
    await twice(() => act.untilStaged(session))
    const report = await twice(() => act.endSession(session))
    await twice(() => act.removeGate(session))

    expect(report.offers.map(({ quota, granted }) => ({ quota, granted }))).toEqual(
      Array(2).fill({ quota: 1, granted: 1 }),
    )
    expect([await harness.shelf(sku), await harness.shelf(second)]).toEqual([4, 8])
  })

  it('that has ended is not changed by any of them, and none of them waits for its gate', async () => {
    const { input, offer, sku } = await harness.plan()
    const { session } = input
    await act.preheat(session)
    await act.endSession(session)
    await act.removeGate(session)
    const before = await everything(session, [sku])
    await act.preheat(session)
    await act.pauseSession(session, true)
    await act.closeGates(session)
    await act.untilStaged(session)
    await act.endSession(session)
    await act.removeGate(session)
    const newcomer = await harness.shop.sku({ 1: 1 })
    for (const one of [sku, newcomer])
      await expect(
        act.addOffer(session, { sku: one, priceFen: '900', quota: 1, limit: 1, warehouse: 1 }),
      ).rejects.toThrow('session_ended')
    await expect(act.changeQuota(session, { sku, quota: 9, change: 'late' })).rejects.toThrow('session_ended')
    expect(await everything(session, [sku])).toEqual(before)
    expect(await harness.keys(offer)).toEqual([])
  })

  it('by several workers at once is the same as by one', async () => {
    const { input, offer, sku } = await harness.plan({ quota: 5, stock: 9 })
    const { session } = input
    const atOnce = (work: () => Promise<unknown>) => Promise.all([1, 2, 3].map(work))
    await atOnce(() => act.preheat(session))
    expect(await harness.pieces(offer)).toMatchObject({ quota: 5, left: 5, shelf: 4 })
    await atOnce(() => act.changeQuota(session, { sku, quota: 7, change: 'up' }))
    await atOnce(() => act.changeQuota(session, { sku, quota: 3, change: 'down' }))
    await harness.conserved(offer)
    expect(await harness.pieces(offer)).toMatchObject({ quota: 3, left: 3, shelf: 6 })
    await atOnce(() => act.closeGates(session))
    const reports = await atOnce(() => act.endSession(session))
    expect(new Set(reports.map((report) => JSON.stringify(report))).size).toBe(1)
    await atOnce(() => act.removeGate(session))
    expect([await harness.shelf(sku), await harness.keys(offer)]).toEqual([9, []])
  })
})
