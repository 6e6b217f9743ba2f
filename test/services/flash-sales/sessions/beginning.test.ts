import { describe, expect, it } from 'vitest'
import { preheat } from '../../../../services/flash-sales/preheat.ts'
import { type Joiner, offerRow, planSession } from '../../../support/flash-sale.ts'
import { audited } from '../../../support/use-shop.ts'
import { sessionHarness } from './harness.ts'

const inMinutes = (minutes: number) => ({ opensInMs: minutes * 60_000 })

const harness = await audited(sessionHarness())
let worker = await harness.startWorker()

const movements = (sku: string) =>
  harness.sql`
    SELECT kind, on_hand AS pieces, session_id AS session
    FROM stock_movements
    WHERE sku_id = ${sku} AND kind <> 'received'`
const phaseOf = async (session: string) =>
  (await harness.sql<{ phase: string }[]>`SELECT phase FROM sessions WHERE id = ${session}`)[0]?.phase

describe('before it opens', () => {
  it('a session that is more than five minutes ahead leaves its pieces on the shelf', async () => {
    const { offer, sku, workflow } = await harness.start(inMinutes(6))
    await workflow.executeUpdate('resume') // What it answers, it has run.
    expect(await phaseOf(offer.session)).toBe('planned')
    expect(await harness.pieces(offer)).toEqual({ quota: 5, granted: 0, sold: 0, left: undefined, shelf: 5 })
    expect(await movements(sku)).toHaveLength(0)
  })

  it('within five minutes its pieces leave the warehouse, and its gate knows them', async () => {
    const { offer, sku } = await harness.open({ ...inMinutes(4), quota: 5, stock: 7 })
    expect(await phaseOf(offer.session)).toBe('running')
    expect(await harness.pieces(offer)).toEqual({ quota: 5, granted: 0, sold: 0, left: 5, shelf: 2 })
    expect([...(await movements(sku))]).toEqual([{ kind: 'offered', pieces: -5, session: offer.session }])
    expect(await harness.answer(offer)).toBe('not_open')
  })

  it('an offer gets what the shelf has; when that is less than planned, a human is notified', async () => {
    const [short, empty, enough] = [
      await harness.shop.sku({ 1: 5, 2: 9 }),
      await harness.shop.sku({ 2: 9 }),
      await harness.shop.sku({ 1: 5 }),
    ]
    const offers = [short, empty, enough].map((sku) => ({ sku, quota: sku === enough ? 5 : 8 }))
    const { session } = await planSession(harness.sql, { ...inMinutes(4), offers })
    await preheat(harness.deps, session)
    for (const [sku, quota] of [[short, 5] as const, [empty, 0] as const, [enough, 5] as const])
      expect(await harness.pieces({ session, sku })).toEqual({
        quota,
        granted: 0,
        sold: 0,
        left: quota,
        shelf: 0,
      })
    const raised =
      await harness.sql`SELECT subject, details FROM attention WHERE reason = 'quota_short' ORDER BY subject`
    expect([...raised]).toEqual(
      [
        { subject: `${session} ${short}`, details: { planned: '8', moved: '5' } },
        { subject: `${session} ${empty}`, details: { planned: '8', moved: '0' } },
      ].sort((a, b) => a.subject.localeCompare(b.subject)),
    )
  })

  it('pieces that a cart’s order has reserved are not for the session', async () => {
    const { offer, sku, input } = await harness.plan({ quota: 5 })
    await harness.sql`UPDATE stock SET reserved = 2 WHERE sku_id = ${sku}`
    await preheat(harness.deps, input.session)
    expect(await harness.pieces(offer)).toMatchObject({ quota: 3, left: 3, shelf: 0 })
    await harness.sql`UPDATE stock SET reserved = 0 WHERE sku_id = ${sku}` // No order is behind it.
  })

  it('preheating again moves nothing again, also when a first try died before its gate was loaded', async () => {
    const { offer, sku, input } = await harness.plan()
    const dies = { ...harness.deps.gate, load: () => Promise.reject(new Error('the worker dies')) }
    await expect(preheat({ sql: harness.sql, gate: dies }, input.session)).rejects.toThrow('dies')
    expect(await harness.pieces(offer)).toMatchObject({ left: undefined, shelf: 0 })
    await preheat(harness.deps, input.session)
    const { epoch } = await offerRow(harness.sql, offer)
    expect(await harness.answer(offer)).toBe('admitted')
    await preheat(harness.deps, input.session)
    expect(await offerRow(harness.sql, offer)).toMatchObject({ epoch })
    expect(await harness.pieces(offer)).toMatchObject({ quota: 5, left: 4, shelf: 0 })
    expect(await movements(sku)).toHaveLength(1)
  })
})

describe('at its hour', () => {
  it('it opens by the gate’s own clock, while nobody does anything', async () => {
    const { offer, input } = await harness.open({ opensInMs: 700 })
    await worker.stop()
    const buyers: Joiner[] = await Promise.all(Array.from({ length: 5 }, () => harness.shop.buyer()))
    const answers: { answer: string; from: number; to: number }[] = []
    const ask = async () => {
      const from = Date.now()
      const answer = await harness.answer(offer, buyers[0])
      answers.push({ answer, from, to: Date.now() })
      return answer
    }
    await expect.poll(ask, { interval: 20, timeout: 20_000 }).toBe('admitted')
    for (const { answer, from } of answers.slice(0, -1)) {
      expect(answer).toBe('not_open')
      expect(from).toBeLessThan(input.opensAt)
    }
    expect(answers.at(-1)?.to).toBeGreaterThanOrEqual(input.opensAt)
    expect(await Promise.all(buyers.slice(1).map((buyer) => harness.answer(offer, buyer)))).toEqual(
      Array(4).fill('admitted'),
    )
    expect(await harness.answer(offer)).toBe('sold_out')
    worker = await harness.startWorker()
  })
})
