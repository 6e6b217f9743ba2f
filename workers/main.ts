import { bundleWorkflows } from '../runtime/bundle.ts'
import { openContainer } from '../runtime/container.ts'
import { readEnv, workerVariables } from '../runtime/environment.ts'
import { startLifecycle } from '../runtime/lifecycle.ts'
import { runProcess } from '../runtime/process.ts'
import { startWorkersOf } from '../runtime/workers.ts'
import { schedulePlanning, scheduleStatements } from './schedules.ts'

/**
 * The process `worker`: workflows and activities of the queues `orders` and `payments`, and the Schedules
 * that plan flash sales and have statements reconciled.
 */
await runProcess(async () => {
  const env = readEnv(workerVariables, process.env)
  const [container, workflowBundle] = await Promise.all([openContainer(env), bundleWorkflows()])
  const workers = await startWorkersOf(env, container, { workflowBundle })
  await schedulePlanning(container.client, env.ORDERS_QUEUE)
  await scheduleStatements(container.client, env.ORDERS_QUEUE)
  const { server, ending } = await startLifecycle(env, container, ['postgresql', 'temporal', 'ids'])
  return { running: [workers, { stop: container.close }, server], failed: workers.failed, ...ending }
})
