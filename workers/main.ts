import { bundleWorkflows } from './bundle.ts'
import { readEnv, workerVariables } from './env.ts'
import { openParts } from './parts.ts'
import { runProcess } from './process.ts'
import { startWorkersOf } from './worker.ts'

/** The process `worker`: workflows and activities of the queues `orders` and `payments`. */
await runProcess(async () => {
  const env = readEnv(workerVariables, process.env)
  const [parts, workflowBundle] = await Promise.all([openParts(env), bundleWorkflows()])
  const workers = await startWorkersOf(env, parts, workflowBundle)
  return { parts: [workers, { stop: parts.close }], failed: workers.failed }
})
