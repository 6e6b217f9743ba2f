import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as path } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { connect } from '../../../../db/client.ts'
import { migrate } from '../../../../db/migrate.ts'
import type { TicketId } from '../../../../domain/flash-sale.ts'
import type { SkuId } from '../../../../domain/ids.ts'
import { startPostgres } from '../../../../local/servers/postgres.ts'
import { removeState } from '../../../../local/state.mjs'
import { addOffer, changeQuota, endNow, pause, resume } from '../../../../workflows/messages.ts'
import { expectBooksToAddUp } from '../../../support/books.ts'
import { join, startSession, ticketRow } from '../../../support/flash-sale.ts'
import { type Door, doorTo } from '../../../support/proxy.ts'
import { newChange, type SessionHarness, sessionHarness } from './harness.ts'

/** A PostgreSQL of the test's own, behind a door, as a restart gives it another port. */
const stateDir = mkdtempSync(path(tmpdir(), 'floodgate-postgres-'))
const start = () => startPostgres({ stateDir, env: {}, usualPorts: false, durable: false }, () => {})
const portOf = ({ url }: { url: string }) => Number(new URL(url).port)

/** Its number in PostgreSQL's catalogue. */
const arrayOfBigints = 1016

let server: Awaited<ReturnType<typeof start>>
let door: Door
let harness: SessionHarness
let sales: Record<'before' | 'away', Awaited<ReturnType<typeof planned>>>
const planned = async () => ({
  ...(await harness.plan({ quota: 5, stock: 8 })),
  second: await harness.shop.sku({ 1: 3 }),
  buyer: await harness.shop.buyer(),
})
beforeAll(async () => {
  server = await start()
  await migrate(server.url)
  door = await doorTo(portOf(server))
  const url = new URL(server.url)
  url.port = String(door.port)
  const db = connect(url.href)
  // postgres.js asks each new connection for the array types, and nobody catches that when the server goes
  // just then (porsager/postgres#1192).
  Object.defineProperty(db.sql.options, 'fetch_types', {
    get: () => db.sql.options.serializers[arrayOfBigints] === undefined,
  })
  harness = await sessionHarness({ fresh: { url: url.href, db, drop: () => db.close() } })
  await harness.startWorker()
  sales = { before: await planned(), away: await planned() }
})
afterAll(async () => {
  await harness.close()
  await door.close()
  await server.stop()
  removeState(stateDir)
})

/** What somebody asks for while PostgreSQL restarts, begun before it goes, or while it is away. */
async function duringRestart<T>(when: 'before' | 'away', work: () => Promise<T>): Promise<T> {
  const early = when === 'before' ? work() : undefined
  await server.stop()
  const done = early ?? work()
  server = await start()
  door.leadTo(portOf(server))
  return await done
}

/**
 * After a restart the first statement on each of the pool's connections may fail: postgres.js gives it the
 * last error of the server of before.
 */
const patiently = <T>(look: () => Promise<T>): Promise<T> => vi.waitFor(look, { timeout: 20_000 })

it.each(['before', 'away'] as const)(
  'PostgreSQL restarts during every step of a session, begun %s: its books are the same',
  { timeout: 240_000 },
  async (when) => {
    const { input, offer, sku, second, buyer } = sales[when]
    const consumer = harness.startConsumer()

    const workflow = await startSession(harness.deps.client, harness.deps.ordersQueue, input)
    await duringRestart(when, () =>
      expect.poll(() => harness.deps.gate.left(offer), { timeout: 40_000 }).toBe(5),
    )
    await duringRestart(when, async () => {
      const ticket = harness.shop.ids.next() as TicketId // A fresh snowflake.
      // A gate whose load PostgreSQL broke off before its terms were read is paused until the supervisor's
      // next look.
      await expect
        .poll(() => join(harness.deps.gate, offer, { buyer, ticket }), { timeout: 20_000 })
        .toMatchObject({ answer: 'admitted' })
      await expect
        .poll(async () => (await ticketRow(harness.sql, ticket))?.state, { timeout: 40_000 })
        .toBe('live')
    })
    const added = { sku: second, priceFen: '1', quota: 3, limit: 1, warehouse: 1 }
    await duringRestart(when, () => workflow.executeUpdate(addOffer, { args: [added] }))
    for (const quota of [7, 2])
      await duringRestart(when, () =>
        workflow.executeUpdate(changeQuota, { args: [{ sku, quota, change: newChange() }] }),
      )
    await duringRestart(when, () => workflow.executeUpdate(pause))
    await duringRestart(when, () => workflow.executeUpdate(resume))
    await patiently(() => harness.conserved(offer))
    await duringRestart(when, () => workflow.executeUpdate(endNow))
    expect(await duringRestart(when, () => workflow.result())).toEqual({ sold: 1 })
    await consumer.stop()

    expect(await patiently(() => harness.pieces(offer))).toEqual({
      quota: 1,
      granted: 1,
      sold: 1,
      left: undefined,
      shelf: 7,
    })
    expect(await patiently(() => harness.shelf(second))).toBe(3)
    const moved = (of: SkuId) =>
      patiently(
        () =>
          harness.sql<
            { pieces: number }[]
          >`SELECT on_hand AS pieces FROM stock_movements WHERE session_id = ${input.session} AND sku_id = ${of} ORDER BY id`,
      )
    expect((await moved(sku)).map(({ pieces }) => pieces)).toEqual([-5, -2, 5, 1])
    expect((await moved(second)).map(({ pieces }) => pieces)).toEqual([-3, 3])
  },
)

it('and the books add up after all that', () => patiently(() => expectBooksToAddUp(harness.sql)))
