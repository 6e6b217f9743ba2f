import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keysOf } from '../../../../redis/gate/keys.ts'
import { addOffer, changeQuota, endNow, pause, resume } from '../../../../workflows/messages.ts'
import { expectBooksToAddUp } from '../../../support/books.ts'
import { offerRow, ticketRow } from '../../../support/flash-sale.ts'
import { refusalOf } from '../../../support/updates.ts'
import { newChange, type Sale, type SessionRig, sessionRig } from './harness.ts'

let rig: SessionRig
beforeAll(async () => {
  rig = await sessionRig()
  await rig.startWorker()
})
afterAll(async () => {
  await expectBooksToAddUp(rig.sql)
  await rig.close()
})

const end = ({ workflow }: Sale) => workflow.executeUpdate(endNow)
const phaseOf = async ({ input }: Sale) =>
  (await rig.sql<{ phase: string }[]>`SELECT phase FROM sessions WHERE id = ${input.session}`)[0]?.phase
/** Everything is back on the shelf, and nothing is left in Redis. */
const nothingSold = async ({ offer, workflow }: Sale, shelf = 5) => {
  expect(await workflow.result()).toEqual({ sold: 0 })
  expect(await rig.pieces(offer)).toEqual({ quota: 0, granted: 0, sold: 0, left: undefined, shelf })
  expect(await rig.keys(offer)).toEqual([])
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
    const sale = await rig.start({ opensInMs: 3_600_000 })
    await end(sale)
    await nothingSold(sale)
    expect(
      await rig.sql`SELECT 1 FROM stock_movements WHERE session_id = ${sale.input.session}`,
    ).toHaveLength(0)
    expect(await phaseOf(sale)).toBe('ended')
  })

  it('before it opens: it never opens, and its pieces go back', async () => {
    const sale = await rig.open({ opensInMs: 200_000, quota: 5, stock: 8 })
    await end(sale)
    await nothingSold(sale, 8)
    const moved =
      await rig.sql`SELECT kind, on_hand AS pieces FROM stock_movements WHERE session_id = ${sale.input.session} ORDER BY id`
    expect([...moved]).toEqual([
      { kind: 'offered', pieces: -5 },
      { kind: 'returned', pieces: 5 },
    ])
  })

  it('while it is open: from the answer on nobody gets in, whatever the clock of the gate’s node says', async () => {
    const sale = await rig.open()
    await rig.admitted(sale.offer) // What is queued keeps the gate there.
    await end(sale)
    expect(await rig.answer(sale.offer)).toBe('ended')
    expect(Number(await rig.redis.hget(keysOf(sale.offer).offer, 'ends'))).toBe(0)
  })

  it('while it is paused: it ends all the same', async () => {
    const sale = await rig.open()
    await sale.workflow.executeUpdate(pause)
    await end(sale)
    await nothingSold(sale)
  })

  it('several times at once: it ends once', async () => {
    const sale = await rig.open()
    await rig.admitted(sale.offer)
    const answers = await Promise.all([1, 2, 3].map(() => refusalOf(end(sale))))
    expect(answers.every((refusal) => refusal === undefined || refusal.code === 'session_ended')).toBe(true)
    expect(answers).toContain(undefined)
    const drain = rig.startDrain()
    expect(await sale.workflow.result()).toEqual({ sold: expect.any(Number) })
    await drain.stop()
    expect(await rig.pieces(sale.offer)).toMatchObject({ quota: 1, granted: 1, shelf: 4 })
    expect(
      await rig.sql`SELECT 1 FROM stock_movements WHERE session_id = ${sale.input.session} AND kind = 'returned'`,
    ).toHaveLength(1)
  })
})

it('a session ends by itself at its hour', async () => {
  const sale = await rig.open({ lastsMs: 2500 })
  await nothingSold(sale)
  expect(Date.now()).toBeGreaterThanOrEqual(sale.input.endsAt)
})

it('a session without offers ends', async () => {
  const sale = await rig.start({ opensInMs: 3_600_000 })
  await rig.sql`DELETE FROM offers WHERE session_id = ${sale.input.session}`
  await end(sale)
  expect(await sale.workflow.result()).toEqual({ sold: 0 })
})

describe('while a granted ticket is not staged', () => {
  it('a session has not ended, and takes no more wishes; a drain lets it end', async () => {
    const sale = await rig.open()
    const ticket = await rig.admitted(sale.offer)
    await end(sale)
    await waitsForStaging(sale)
    expect(await phaseOf(sale)).toBe('running')
    expect(await rig.shelf(sale.sku)).toBe(0)

    const { workflow, sku } = sale
    const ended = { code: 'session_ended', details: {} }
    const offer = { sku, priceFen: '1', quota: 1, limit: 1, warehouse: 1 }
    expect(await refusalOf(workflow.executeUpdate(addOffer, { args: [offer] }))).toEqual(ended)
    expect(
      await refusalOf(
        workflow.executeUpdate(changeQuota, { args: [{ sku, quota: 9, change: newChange() }] }),
      ),
    ).toEqual(ended)
    for (const wish of [pause, resume, endNow])
      expect(await refusalOf(workflow.executeUpdate(wish))).toEqual(ended)

    const drain = rig.startDrain()
    await workflow.result()
    await expect.poll(async () => (await ticketRow(rig.sql, ticket))?.state, { timeout: 30_000 }).toBe('live')
    await drain.stop()
    expect(await rig.pieces(sale.offer)).toEqual({ quota: 1, granted: 1, sold: 1, left: undefined, shelf: 4 })
    expect(await rig.keys(sale.offer)).toEqual([])
  })

  it('and a drain has died with it in its hands, the session waits for another drain', async () => {
    const sale = await rig.open()
    const ticket = await rig.admitted(sale.offer)
    expect(await rig.read(sale.offer, 'a drain that dies')).toHaveLength(1)
    await end(sale)
    await waitsForStaging(sale)
    await rig.timePasses(sale.offer)
    const drain = rig.startDrain()
    await sale.workflow.result()
    await drain.stop()
    expect((await ticketRow(rig.sql, ticket))?.state).toMatch(/waiting|live/)
    expect(await offerRow(rig.sql, sale.offer)).toMatchObject({ quota: 1, granted: 1, ended: true })
  })
})
