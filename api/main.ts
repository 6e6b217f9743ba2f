import { bundleWorkflows } from '../runtime/bundle.ts'
import { openParts } from '../runtime/container.ts'
import { readEnv } from '../runtime/environment.ts'
import { runProcess } from '../runtime/process.ts'
import { startWorkersOf } from '../runtime/workers.ts'
import { apiVariables } from './environment.ts'
import { startApi } from './server.ts'

/** The process `api`, with the order worker beside it that takes the first task of each order it starts. */
await runProcess(async () => {
  const env = readEnv(apiVariables, process.env)
  const [parts, workflowBundle] = await Promise.all([openParts(env), bundleWorkflows()])
  const workers = await startWorkersOf(env, parts, workflowBundle, 'orders')
  const api = await startApi(env, parts)
  return { parts: [api, workers, { stop: parts.close }], failed: workers.failed }
})
