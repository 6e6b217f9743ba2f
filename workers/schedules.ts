import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client'
import type { planSlots, planStatements } from '../workflows/index.ts'

/**
 * Sees to it that the day's flash sales are planned: every ten minutes, and now. The Schedule is made once;
 * whoever finds it made leaves it as it is. https://docs.temporal.io/develop/typescript/schedules
 */
export async function schedulePlanning(client: Client, taskQueue: string): Promise<void> {
  await once(() =>
    client.schedule.create<typeof planSlots>({
      scheduleId: `plan-slots-${taskQueue}`,
      spec: { intervals: [{ every: '10 minutes' }] },
      action: {
        type: 'startWorkflow',
        workflowType: 'planSlots',
        workflowId: `plan-slots-${taskQueue}`,
        taskQueue,
        args: [],
      },
      policies: { overlap: ScheduleOverlapPolicy.SKIP },
      state: { triggerImmediately: true },
    }),
  )
}

/**
 * Sees to it that every day's statements are reconciled: at a quarter past ten in Shanghai, when all
 * providers have yesterday's (the provider's own hour is waited for), and now, for those that were missed.
 */
export async function scheduleStatements(client: Client, taskQueue: string): Promise<void> {
  await once(() =>
    client.schedule.create<typeof planStatements>({
      scheduleId: `statements-${taskQueue}`,
      spec: { calendars: [{ hour: 10, minute: 15 }], timezone: 'Asia/Shanghai' },
      action: {
        type: 'startWorkflow',
        workflowType: 'planStatements',
        workflowId: `plan-statements-${taskQueue}`,
        taskQueue,
        args: [],
      },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '12 h' },
      state: { triggerImmediately: true },
    }),
  )
}

async function once(create: () => Promise<unknown>): Promise<void> {
  try {
    await create()
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error
  }
}
