import { afterEach, expect, it } from 'vitest'
import { sessionIdOf, slotOpensAt } from '../../../../domain/flash-sale.ts'
import { type SessionId, sessionWorkflowId } from '../../../../domain/ids.ts'
import { planDay } from '../../../../services/flash-sales/plan-day.ts'
import type { planSlots } from '../../../../workflows/index.ts'
import { endNow } from '../../../../workflows/messages.ts'
import { planSession } from '../../../support/flash-sale.ts'
import { audited } from '../../../support/use-shop.ts'
import { sessionHarness } from './harness.ts'

const harness = await audited(sessionHarness())
await harness.startWorker()
afterEach(async () => {
  for (const id of await living()) await handleOf(id).terminate('the test is over')
  await harness.sql`DELETE FROM slots`
  await harness.sql`DELETE FROM sessions WHERE id NOT IN (SELECT session_id FROM offers)`
})

const handleOf = (id: SessionId) => harness.deps.client.workflow.getHandle(sessionWorkflowId(id))
const statusOf = async (id: SessionId) => (await handleOf(id).describe()).status.name
const slot = (minute: number, lastsMin: number, captcha = false) =>
  harness.sql`
    INSERT INTO slots (minute, lasts_min, pay_within_ms, captcha)
    VALUES (${minute}, ${lastsMin}, 120000, ${captcha})`
const rows = () =>
  harness.sql<{ id: SessionId; opens: Date; ends: Date; pay: number; captcha: boolean }[]>`
    SELECT id, opens_at AS opens, ends_at AS ends, pay_within_ms AS pay, captcha
    FROM sessions
    ORDER BY opens_at, id`
async function living(): Promise<SessionId[]> {
  const ids = (await rows()).map(({ id }) => id)
  const statuses = await Promise.all(ids.map((id) => statusOf(id).catch(() => 'none')))
  return ids.filter((_, i) => statuses[i] === 'RUNNING')
}

let runs = 0
const plan = () =>
  harness.deps.client.workflow.execute<typeof planSlots>('planSlots', {
    taskQueue: harness.deps.ordersQueue,
    workflowId: `plan-slots-${harness.deps.ordersQueue}-${++runs}`,
  })

const noon = Date.parse('2040-05-26T12:00:00+08:00')
const at = (text: string) => new Date(`2040-05-${text}:00+08:00`)
const terms = { pay: 120_000, captcha: false }

it('writes today’s and tomorrow’s sessions of each slot, as the clock in Shanghai has them, but none that is over', async () => {
  await slot(10 * 60, 60)
  await slot(14 * 60, 120, true)
  for (let i = 0; i < 2; i++) await planDay(harness.sql, noon)
  expect([...(await rows())]).toEqual([
    { id: '2040052614', opens: at('26T14:00'), ends: at('26T16:00'), ...terms, captcha: true },
    { id: '2040052710', opens: at('27T10:00'), ends: at('27T11:00'), ...terms },
    { id: '2040052714', opens: at('27T14:00'), ends: at('27T16:00'), ...terms, captcha: true },
  ])
  await planDay(harness.sql, noon + 3 * 3_600_000)
  expect(await rows()).toHaveLength(3)
  await planDay(harness.sql, Date.parse('2040-05-26T23:59:59.999+08:00'))
  expect(await rows()).toHaveLength(3)
  await planDay(harness.sql, Date.parse('2040-05-27T00:00:00+08:00'))
  expect((await rows()).slice(3).map(({ id }) => id)).toEqual(['2040052810', '2040052814'])
})

it('writes a session that has begun and lasts into the next day', async () => {
  await slot(23 * 60, 120)
  await planDay(harness.sql, Date.parse('2040-05-26T23:30:00+08:00'))
  expect((await rows()).map(({ id, ends }) => [id, ends])).toEqual([
    ['2040052623', at('27T01:00')],
    ['2040052723', at('28T01:00')],
  ])
})

it('keeps several slots of one hour apart', async () => {
  for (const minute of [14 * 60, 14 * 60 + 5, 14 * 60 + 30]) await slot(minute, 5)
  const planned = await planDay(harness.sql, noon)
  const ids = ['26', '27'].flatMap((day) => [`204005${day}14`, `204005${day}14-05`, `204005${day}14-30`])
  expect(planned.map(({ session }) => session)).toEqual(ids)
})

it('plans a slot beside an operator’s session that opens half an hour later, whatever its id', async () => {
  await slot(14 * 60, 60)
  const opens = at('26T14:30')
  await harness.sql`
    INSERT INTO sessions (id, opens_at, ends_at, pay_within_ms)
    VALUES ('2040052614', ${opens}, ${at('26T15:30')}, 5000),
           (${sessionIdOf(opens.getTime())}, ${opens}, ${at('26T15:30')}, 5000)`
  for (let i = 0; i < 2; i++) await planDay(harness.sql, noon)
  expect((await rows()).map(({ id, opens }) => [id, opens])).toEqual([
    ['2040052614-slot', at('26T14:00')],
    ['2040052614', opens],
    ['2040052614-30', opens],
    ['2040052714', at('27T14:00')],
  ])
})

it('leaves a session alone that an operator has planned for that hour, or changed, or ended', async () => {
  await slot(14 * 60, 120)
  const opens = at('26T14:00')
  await harness.sql`
    INSERT INTO sessions (id, opens_at, ends_at, pay_within_ms)
    VALUES ('2040052614', ${opens}, ${at('26T14:30')}, 5000)`
  await planDay(harness.sql, noon)
  expect((await rows())[0]).toMatchObject({ id: '2040052614', ends: at('26T14:30'), pay: 5000 })
  await harness.sql`UPDATE sessions SET phase = 'ended' WHERE id = '2040052614'`
  expect((await planDay(harness.sql, noon)).map(({ session }) => session)).toEqual(['2040052714'])
})

/** Slots at odd minutes: other files' workflows on this server keep the full hours. */
/** The minute of the day in Shanghai that is so many minutes from now. */
const minuteIn = (minutes: number) =>
  (Math.floor((Date.now() - slotOpensAt(Date.now(), 0)) / 60_000) + minutes + 1440) % 1440

it('starts a workflow for each session, and none again however often it runs', async () => {
  const [now, minutes] = [Date.now(), [minuteIn(37), minuteIn(44)]]
  for (const minute of minutes) await slot(minute, 60)
  const { started } = await plan()
  const ids = (await rows()).map(({ id }) => id)
  expect(started).toBe(ids.length)
  // Before midnight a slot may fall on the next day: the one of today is over then, and is not written.
  const ahead = minutes.filter((minute) => slotOpensAt(now, minute) > now).length
  expect(ids).toHaveLength(minutes.length + ahead)
  expect(await living()).toEqual(ids)
  const runIds = async () => Promise.all(ids.map(async (id) => (await handleOf(id).describe()).runId))
  const before = await runIds()
  expect(await plan()).toEqual({ started: 0 })
  expect(await Promise.all([plan(), plan()])).toEqual([{ started: 0 }, { started: 0 }])
  expect(await runIds()).toEqual(before)
})

it('a slot that lasts into the next one runs beside it', async () => {
  const [now, minutes] = [Date.now(), [minuteIn(-23), minuteIn(-3)]]
  for (const minute of minutes) await slot(minute, 1440)
  await plan()
  const running = async () =>
    (await harness.sql`SELECT 1 FROM sessions WHERE phase = 'running' AND opens_at <= ${new Date(now)}`).count
  // After midnight, those of yesterday are not written any more.
  const open = minutes.filter((minute) => slotOpensAt(now, minute) <= now).length
  await expect.poll(running, { timeout: 20_000 }).toBe(open)
  expect(await living()).toEqual((await rows()).map(({ id }) => id))
})

it('a session that somebody planned and nobody started gets its workflow', async () => {
  const { session } = await planSession(harness.sql, { opensInMs: 3_600_000, offers: [] })
  expect(await plan()).toEqual({ started: 1 })
  expect(await statusOf(session)).toBe('RUNNING')
})

it('a terminated one is started again, and goes on where its rows are; one that has ended is not', async () => {
  const [stopped, ended] = [await harness.open(), await harness.open()]
  await harness.admitted(stopped.offer)
  await stopped.workflow.terminate('an operator slipped')
  await ended.workflow.executeUpdate(endNow)
  await ended.workflow.result()
  expect(await plan()).toEqual({ started: 1 })
  const again = handleOf(stopped.input.session)
  await again.executeUpdate('pause') // What it answers, it has run.
  expect(await harness.pieces(stopped.offer)).toMatchObject({ quota: 5, left: 4, shelf: 0 })
  expect(await harness.answer(stopped.offer)).toBe('paused')
  const consumer = harness.startConsumer()
  await again.executeUpdate(endNow)
  expect(await again.result()).toEqual({ sold: expect.any(Number) })
  await consumer.stop()
  expect(await harness.pieces(stopped.offer)).toMatchObject({ quota: 1, granted: 1, shelf: 4 })
  expect(await plan()).toEqual({ started: 0 })
})
