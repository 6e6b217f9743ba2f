import { bundleWorkflows } from '../runtime/bundle.ts'
import { openParts } from '../runtime/container.ts'
import { readEnv, workerVariables } from '../runtime/environment.ts'
import { runProcess } from '../runtime/process.ts'
import { startWorkersOf } from '../runtime/workers.ts'
import { schedulePlanning, scheduleStatements } from './schedules.ts'

/** The process `worker`: workflows and activities of the queues `orders` and `payments`, and the Schedules that plan flash sales and have statements reconciled. */
await runProcess(async () => {
  const env = readEnv(workerVariables, process.env)
  const [parts, workflowBundle] = await Promise.all([openParts(env), bundleWorkflows()])
  const workers = await startWorkersOf(env, parts, workflowBundle)
  await schedulePlanning(parts.client, env.ORDERS_QUEUE)
  await scheduleStatements(parts.client, env.ORDERS_QUEUE)
  return { parts: [workers, { stop: parts.close }], failed: workers.failed }
})
