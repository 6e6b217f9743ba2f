import { bundleWorkflows } from './bundle.ts'
import { readEnv, workerVariables } from './env.ts'
import { openParts } from './parts.ts'
import { runProcess } from './process.ts'
import { schedulePlanning, scheduleStatements } from './schedule.ts'
import { startWorkersOf } from './worker.ts'

/** The process `worker`: workflows and activities of the queues `orders` and `payments`, and the Schedules that plan flash sales and have statements reconciled. */
await runProcess(async () => {
  const env = readEnv(workerVariables, process.env)
  const [parts, workflowBundle] = await Promise.all([openParts(env), bundleWorkflows()])
  const workers = await startWorkersOf(env, parts, workflowBundle)
  await schedulePlanning(parts.client, env.ORDERS_QUEUE)
  await scheduleStatements(parts.client, env.ORDERS_QUEUE)
  return { parts: [workers, { stop: parts.close }], failed: workers.failed }
})
