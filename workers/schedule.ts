import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client'
import type { planSlots } from '../workflows/index.ts'

/**
 * Sees to it that the day's flash sales are planned: every ten minutes, and now. The Schedule is made once; whoever finds it made leaves it as it is.
 * https://docs.temporal.io/develop/typescript/schedules
 */
export async function schedulePlanning(client: Client, taskQueue: string): Promise<void> {
  try {
    await client.schedule.create<typeof planSlots>({
      scheduleId: `plan-slots-${taskQueue}`,
      spec: { intervals: [{ every: '10 minutes' }] },
      action: { type: 'startWorkflow', workflowType: 'planSlots', workflowId: `plan-slots-${taskQueue}`, taskQueue, args: [] },
      policies: { overlap: ScheduleOverlapPolicy.SKIP },
      state: { triggerImmediately: true },
    })
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error
  }
}
