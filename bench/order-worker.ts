import { bundleWorkflows } from '../workers/bundle.ts'
import { readEnv, workerVariables } from '../workers/env.ts'
import { activityDeps, openParts } from '../workers/parts.ts'
import { runProcess } from '../workers/process.ts'
import { startWorkers } from '../workers/worker.ts'
import { answerMemory } from './memory.ts'

/** The process `worker`, its queue of orders only, which also says how much memory it holds. */
await runProcess(async () => {
  const env = readEnv(workerVariables, process.env)
  const [parts, workflowBundle] = await Promise.all([openParts(env), bundleWorkflows()])
  const options = {
    connection: parts.connection,
    namespace: env.TEMPORAL_NAMESPACE,
    queue: env.ORDERS_QUEUE,
    workflowBundle,
    activities: activityDeps(parts),
    cachedOrders: env.CACHED_ORDERS,
    providerCallsPerSecond: env.PROVIDER_CALLS_PER_SECOND,
  }
  const workers = await startWorkers(options, 'orders')
  answerMemory()
  return { parts: [workers, { stop: parts.close }, { stop: async () => process.disconnect?.() }], failed: workers.failed }
})
