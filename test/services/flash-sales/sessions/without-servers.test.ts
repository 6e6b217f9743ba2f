import { describe, expect, it } from 'vitest'
import type { OfferKey } from '../../../../domain/flash-sale.ts'
import { endSession, untilStaged } from '../../../../services/flash-sales/end-session.ts'
import { preheat, preheatDue } from '../../../../services/flash-sales/preheat.ts'
import { closeGates } from '../../../../services/flash-sales/session-phase.ts'
import { offerRow, startSession } from '../../../support/flash-sale.ts'
import { audited } from '../../../support/use-shop.ts'
import { sessionHarness } from './harness.ts'

const harness = await audited(sessionHarness())

const minutes = (count: number) => count * 60_000
const phaseOf = async ({ session }: OfferKey) =>
  (await harness.sql<{ phase: string }[]>`SELECT phase FROM sessions WHERE id = ${session}`)[0]?.phase
const plannedAgo = ({ session }: OfferKey, seconds: number) =>
  harness.sql`
    UPDATE sessions SET created_at = now() - make_interval(secs => ${seconds}) WHERE id = ${session}`
const later = ({ session }: OfferKey, seconds: number) =>
  harness.sql`
    UPDATE sessions
    SET gates_closed_at = gates_closed_at - make_interval(secs => ${seconds})
    WHERE id = ${session}`

describe('while Temporal is away', () => {
  it('a session is preheated by the ticket consumer, opens at its hour, and its late workflow finds it done', async () => {
    const { input, offer, sku } = await harness.plan({ opensInMs: 1500, quota: 5, stock: 7 })
    await plannedAgo(offer, 60)
    const consumer = harness.startConsumer()
    await expect.poll(() => harness.pieces(offer), { timeout: 20_000 }).toMatchObject({ left: 5, shelf: 2 })
    expect(await phaseOf(offer)).toBe('running')
    await expect.poll(() => harness.answer(offer), { timeout: 20_000 }).toBe('admitted')
    const { epoch } = await offerRow(harness.sql, offer)

    const worker = await harness.startWorker()
    const workflow = await startSession(harness.deps.client, harness.deps.ordersQueue, input)
    await workflow.executeUpdate('resume') // What it answers, it has run.
    expect(await offerRow(harness.sql, offer)).toMatchObject({ epoch, quota: 5 })
    expect(await harness.shelf(sku)).toBe(2)
    await workflow.executeUpdate('endNow')
    await workflow.result()
    await consumer.stop()
    await worker.stop()
  })

  it('only what is due is preheated: not early, not what was ended, not what is over', async () => {
    const early = await harness.plan({ opensInMs: minutes(6) })
    const justNow = await harness.plan({ opensInMs: minutes(4) })
    const ended = await harness.plan({ opensInMs: minutes(4) })
    const over = await harness.plan({ opensInMs: -minutes(60), lastsMs: minutes(30) })
    for (const { offer } of [early, ended, over]) await plannedAgo(offer, 3600)
    await closeGates(harness.deps, ended.input.session)
    await preheatDue(harness.deps)
    for (const { offer } of [early, justNow, ended, over]) expect(await phaseOf(offer)).toBe('planned')
    await plannedAgo(justNow.offer, 11)
    expect(await preheatDue(harness.deps)).toBe(1)
    expect(await phaseOf(justNow.offer)).toBe('running')
    expect(await preheatDue(harness.deps)).toBe(0)
  })
})

describe('a session ends without a gate', () => {
  it('whose keys are gone: nothing is waited for, and its pieces go back', async () => {
    const { input, offer, sku } = await harness.plan({ quota: 5 })
    await preheat(harness.deps, input.session)
    await harness.deps.gate.remove(offer)
    await closeGates(harness.deps, input.session)
    await untilStaged(harness.sql, harness.deps.queue, input.session)
    await endSession(harness.sql, input.session)
    expect(await harness.shelf(sku)).toBe(5)
    expect(await harness.sql`SELECT 1 FROM leases WHERE name LIKE ${`gate ${input.session}%`}`).toHaveLength(
      0,
    )
  })

  it('whose Redis is away: the gate’s lease is waited for, then its queue for ten minutes, and a human is notified', async () => {
    const { input, offer, sku } = await harness.plan({ quota: 5 })
    const { session } = input
    await preheat(harness.deps, session)
    const away = () => Promise.reject(new Error('Redis is away'))
    const gate = { ...harness.deps.gate, setTerms: away }
    const queue = { ...harness.deps.queue, length: away }
    await expect(closeGates({ sql: harness.sql, gate }, session)).rejects.toThrow('do not answer')
    await later(offer, 21)
    await closeGates({ sql: harness.sql, gate }, session)
    await expect(untilStaged(harness.sql, queue, session)).rejects.toThrow('do not answer')
    await later(offer, 600)
    await untilStaged(harness.sql, queue, session)
    await endSession(harness.sql, session)
    expect(await harness.shelf(sku)).toBe(5)
    expect(
      await harness.sql`
        SELECT 1 FROM attention WHERE reason = 'session_ended_without_gate' AND subject = ${session}`,
    ).toHaveLength(1)
  })

  it('days after its end, with a ticket that counts: it closes at once, and by its gate’s own clock', async () => {
    const { input, offer, sku } = await harness.plan({ quota: 5 })
    const { session } = input
    await preheat(harness.deps, session)
    await harness.admitted(offer)
    const consumer = harness.startConsumer()
    await expect.poll(() => harness.deps.queue.length(offer), { timeout: 20_000 }).toBe(0)
    await harness.sql`
      UPDATE sessions
      SET opens_at = now() - interval '4 days', ends_at = now() - interval '3 days'
      WHERE id = ${session}`
    await harness.deps.gate.remove(offer)
    const worker = await harness.startWorker()
    const workflow = await startSession(harness.deps.client, harness.deps.ordersQueue, input)
    await workflow.executeUpdate('endNow')
    expect(await workflow.result()).toEqual({ sold: expect.any(Number) })
    await consumer.stop()
    await worker.stop()
    expect(await offerRow(harness.sql, offer)).toMatchObject({ quota: 1, granted: 1, ended: true })
    expect(await harness.shelf(sku)).toBe(4)
  })
})
