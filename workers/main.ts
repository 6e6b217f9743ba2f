import { bundleWorkflows } from './bundle.ts'
import { readEnv, workerVariables } from './env.ts'
import { activityDeps, openParts } from './parts.ts'
import { runProcess } from './process.ts'
import { startWorkers } from './worker.ts'

/** The process `worker`: workflows and activities of the queues `orders` and `payments`. */
await runProcess(async () => {
  const env = readEnv(workerVariables, process.env)
  const [parts, workflowBundle] = await Promise.all([openParts(env), bundleWorkflows()])
  const workers = await startWorkers({
    connection: parts.connection,
    namespace: env.TEMPORAL_NAMESPACE,
    queue: env.ORDERS_QUEUE,
    workflowBundle,
    activities: activityDeps(parts),
    cachedOrders: env.CACHED_ORDERS,
    providerCallsPerSecond: env.PROVIDER_CALLS_PER_SECOND,
  })
  return { parts: [workers, { stop: parts.close }], failed: workers.failed }
})
