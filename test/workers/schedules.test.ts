import { afterAll, beforeAll, expect, it } from 'vitest'
import { sessionWorkflowId } from '../../domain/ids.ts'
import { schedulePlanning, scheduleStatements } from '../../workers/schedules.ts'
import { planSession } from '../support/flash-sale.ts'
import { type JobsHarness, jobsHarness } from './jobs/harness.ts'

let harness: JobsHarness
const schedule = () => harness.deps.client.schedule.getHandle(`plan-slots-${harness.deps.queue}`)
beforeAll(async () => {
  harness = await jobsHarness()
})
afterAll(async () => {
  await schedule().delete()
  await harness.close()
})

it('planning is scheduled once, however many workers ask for it, and starts what was planned and does not run', async () => {
  const { session } = await planSession(harness.sql, { opensInMs: 3_600_000, offers: [] })
  await Promise.all([
    schedulePlanning(harness.deps.client, harness.deps.queue),
    schedulePlanning(harness.deps.client, harness.deps.queue),
  ])
  await harness.startWorker()
  const handle = harness.deps.client.workflow.getHandle(sessionWorkflowId(session))
  await expect
    .poll(async () => (await handle.describe().catch(() => undefined))?.status.name, { timeout: 30_000 })
    .toBe('RUNNING')
  expect((await schedule().describe()).spec.intervals).toEqual([expect.objectContaining({ every: 600_000 })])
  await handle.executeUpdate('endNow')
  expect(await handle.result()).toEqual({ sold: 0 })
})

it('reconciling is scheduled once, daily in Shanghai, and begins with what was missed', async () => {
  const { client, queue } = harness.deps
  await Promise.all([scheduleStatements(client, queue), scheduleStatements(client, queue)])
  const handle = client.schedule.getHandle(`statements-${queue}`)
  const { spec, info } = await handle.describe()
  expect(spec).toMatchObject({
    calendars: [{ hour: [{ start: 10 }], minute: [{ start: 15 }] }],
    timezone: 'Asia/Shanghai',
  })
  const planned = async () => (await handle.describe()).info.recentActions.length + info.runningActions.length
  await expect.poll(planned, { timeout: 30_000 }).toBeGreaterThan(0)
  const [action] = (await handle.describe()).info.recentActions
  const workflowId = action?.action.type === 'startWorkflow' ? action.action.workflow.workflowId : ''
  expect(await client.workflow.getHandle(workflowId).result()).toEqual({ started: 0 })
  await handle.delete()
})
