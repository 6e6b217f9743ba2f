import { NativeConnection, Worker } from '@temporalio/worker'
import {
  createOrderActivities,
  createPaymentActivities,
  createSessionActivities,
} from '../../activities/index.ts'
import { activityDeps, openContainer } from '../../runtime/container.ts'
import { readEnv, workerVariables } from '../../runtime/environment.ts'
import { paymentsQueue } from '../../workflows/messages.ts'

/**
 * A worker process that kills itself with SIGKILL the moment the activity named by DIE_AFTER has taken effect
 * (for the DIE_AT-th time), before anybody learns of it. Without DIE_AFTER it lives. With CLOSED_FAST_PATH
 * its fast path is closed, so that orders are placed step by step.
 */
const env = readEnv(workerVariables, process.env)
const dieAfter = process.env.DIE_AFTER
let lives = Number(process.env.DIE_AT || 1)
const container = await openContainer(env)
const deps = activityDeps(container)
const activities = Object.fromEntries(
  Object.entries({
    ...createOrderActivities(deps),
    ...createPaymentActivities(deps),
    ...createSessionActivities(deps),
  }).map(([name, act]) => [
    name,
    async (...args: never[]) => {
      if (name === 'place' && process.env.CLOSED_FAST_PATH) throw new Error('the fast path is closed')
      const result = await (act as (...args: never[]) => Promise<unknown>)(...args)
      if (name === dieAfter && --lives === 0) process.kill(process.pid, 'SIGKILL')
      return result
    },
  ]),
)
const connection = await NativeConnection.connect({ address: env.TEMPORAL_ADDRESS })
/** Temporal soon gives up waiting for a worker that is dead. */
const common = { connection, activities, stickyQueueScheduleToStartTimeout: '1 s' } as const
const workers = [
  await Worker.create({
    ...common,
    taskQueue: env.ORDERS_QUEUE,
    workflowBundle: { codePath: process.env.WORKFLOW_BUNDLE ?? '' },
  }),
  await Worker.create({ ...common, taskQueue: paymentsQueue(env.ORDERS_QUEUE) }),
]
process.once('SIGTERM', () => {
  for (const worker of workers) worker.shutdown()
})
await Promise.all(workers.map((worker) => worker.run()))
await connection.close()
await container.close()
