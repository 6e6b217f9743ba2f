import { describe, expect, it } from 'vitest'
import { keysOf } from '../../../../redis/gate/keys.ts'
import { addOffer, changeQuota, endNow, pause, resume } from '../../../../workflows/messages.ts'
import { offerRow, ticketRow } from '../../../support/flash-sale.ts'
import { refusalOf } from '../../../support/updates.ts'
import { audited } from '../../../support/use-shop.ts'
import { newChange, type Sale, sessionHarness } from './harness.ts'

const harness = await audited(sessionHarness())
await harness.startWorker()

const end = ({ workflow }: Sale) => workflow.executeUpdate(endNow)
const phaseOf = async ({ input }: Sale) =>
  (await harness.sql<{ phase: string }[]>`SELECT phase FROM sessions WHERE id = ${input.session}`)[0]?.phase
/** Everything is back on the shelf, and nothing is left in Redis. */
const nothingSold = async ({ offer, workflow }: Sale, shelf = 5) => {
  expect(await workflow.result()).toEqual({ sold: 0 })
  expect(await harness.pieces(offer)).toEqual({ quota: 0, granted: 0, sold: 0, left: undefined, shelf })
  expect(await harness.keys(offer)).toEqual([])
}
/** Resolves when the session has looked at its queues twice and found something. */
const waitsForStaging = ({ workflow }: Sale) =>
  expect
    .poll(
      async () =>
        (await workflow.describe()).raw.pendingActivities?.map(({ activityType, attempt }) => [
          activityType?.name,
          (attempt ?? 0) > 1,
        ]),
      {
        timeout: 20_000,
      },
    )
    .toEqual([['untilStaged', true]])

describe('an operator ends a session', () => {
  it('before it is preheated: its pieces never leave the shelf', async () => {
    const sale = await harness.start({ opensInMs: 3_600_000 })
    await end(sale)
    await nothingSold(sale)
    expect(
      await harness.sql`SELECT 1 FROM stock_movements WHERE session_id = ${sale.input.session}`,
    ).toHaveLength(0)
    expect(await phaseOf(sale)).toBe('ended')
  })

  it('before it opens: it never opens, and its pieces go back', async () => {
    const sale = await harness.open({ opensInMs: 200_000, quota: 5, stock: 8 })
    await end(sale)
    await nothingSold(sale, 8)
    const moved = await harness.sql`
        SELECT kind, on_hand AS pieces
        FROM stock_movements
        WHERE session_id = ${sale.input.session}
        ORDER BY id`
    expect([...moved]).toEqual([
      { kind: 'offered', pieces: -5 },
      { kind: 'returned', pieces: 5 },
    ])
  })

  it('while it is open: from the answer on nobody gets in, whatever the clock of the gate’s node says', async () => {
    const sale = await harness.open()
    await harness.admitted(sale.offer) // What is queued keeps the gate there.
    await end(sale)
    expect(await harness.answer(sale.offer)).toBe('ended')
    expect(Number(await harness.redis.hget(keysOf(sale.offer).offer, 'ends'))).toBe(0)
  })

  it('while it is paused: it ends all the same', async () => {
    const sale = await harness.open()
    await sale.workflow.executeUpdate(pause)
    await end(sale)
    await nothingSold(sale)
  })

  it('several times at once: it ends once', async () => {
    const sale = await harness.open()
    await harness.admitted(sale.offer)
    const answers = await Promise.all([1, 2, 3].map(() => refusalOf(end(sale))))
    expect(answers.every((refusal) => refusal === undefined || refusal.code === 'session_ended')).toBe(true)
    expect(answers).toContain(undefined)
    const consumer = harness.startConsumer()
    expect(await sale.workflow.result()).toEqual({ sold: expect.any(Number) })
    await consumer.stop()
    expect(await harness.pieces(sale.offer)).toMatchObject({ quota: 1, granted: 1, shelf: 4 })
    expect(
      await harness.sql`
        SELECT 1
        FROM stock_movements
        WHERE session_id = ${sale.input.session} AND kind = 'returned'`,
    ).toHaveLength(1)
  })
})

it('a session ends by itself at its hour', async () => {
  const sale = await harness.open({ lastsMs: 2500 })
  await nothingSold(sale)
  expect(Date.now()).toBeGreaterThanOrEqual(sale.input.endsAt)
})

it('a session whose workflow starts after its end sells nothing, and its pieces are on the shelf again', async () => {
  const sale = await harness.start({ opensInMs: -3_600_000, lastsMs: 1_800_000 })
  await nothingSold(sale)
  expect(await phaseOf(sale)).toBe('ended')
  const moved = await harness.sql`
    SELECT kind, on_hand AS pieces
    FROM stock_movements
    WHERE session_id = ${sale.input.session}
    ORDER BY id`
  expect([...moved]).toEqual([
    { kind: 'offered', pieces: -5 },
    { kind: 'returned', pieces: 5 },
  ])
})

it('a session without offers ends', async () => {
  const sale = await harness.start({ opensInMs: 3_600_000 })
  await harness.sql`DELETE FROM offers WHERE session_id = ${sale.input.session}`
  await end(sale)
  expect(await sale.workflow.result()).toEqual({ sold: 0 })
})

describe('while a granted ticket is not staged', () => {
  it('a session has not ended, and takes no more requests; a consumer lets it end', async () => {
    const sale = await harness.open()
    const ticket = await harness.admitted(sale.offer)
    await end(sale)
    await waitsForStaging(sale)
    expect(await phaseOf(sale)).toBe('running')
    expect(await harness.shelf(sale.sku)).toBe(0)

    const { workflow, sku } = sale
    const ended = { code: 'session_ended', details: {} }
    const offer = { sku, priceFen: '1', quota: 1, limit: 1, warehouse: 1 }
    expect(await refusalOf(workflow.executeUpdate(addOffer, { args: [offer] }))).toEqual(ended)
    expect(
      await refusalOf(
        workflow.executeUpdate(changeQuota, { args: [{ sku, quota: 9, change: newChange() }] }),
      ),
    ).toEqual(ended)
    for (const request of [pause, resume, endNow])
      expect(await refusalOf(workflow.executeUpdate(request))).toEqual(ended)

    const consumer = harness.startConsumer()
    await workflow.result()
    await expect
      .poll(async () => (await ticketRow(harness.sql, ticket))?.state, { timeout: 30_000 })
      .toBe('live')
    await consumer.stop()
    expect(await harness.pieces(sale.offer)).toEqual({
      quota: 1,
      granted: 1,
      sold: 1,
      left: undefined,
      shelf: 4,
    })
    expect(await harness.keys(sale.offer)).toEqual([])
  })

  it('and a consumer has died after reading it, the session waits for another consumer', async () => {
    const sale = await harness.open()
    const ticket = await harness.admitted(sale.offer)
    expect(await harness.read(sale.offer, 'a consumer that dies')).toHaveLength(1)
    await end(sale)
    await waitsForStaging(sale)
    await harness.timePasses(sale.offer)
    const consumer = harness.startConsumer()
    await sale.workflow.result()
    await consumer.stop()
    expect((await ticketRow(harness.sql, ticket))?.state).toMatch(/waiting|live/)
    expect(await offerRow(harness.sql, sale.offer)).toMatchObject({ quota: 1, granted: 1, ended: true })
  })
})
