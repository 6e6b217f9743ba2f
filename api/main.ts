import { bundleWorkflows } from '../workers/bundle.ts'
import { readEnv } from '../workers/env.ts'
import { openParts } from '../workers/parts.ts'
import { runProcess } from '../workers/process.ts'
import { startWorkersOf } from '../workers/worker.ts'
import { apiVariables } from './env.ts'
import { startApi } from './server.ts'

/** The process `api`, with the order worker beside it that takes the first task of each order it starts. */
await runProcess(async () => {
  const env = readEnv(apiVariables, process.env)
  const [parts, workflowBundle] = await Promise.all([openParts(env), bundleWorkflows()])
  const workers = await startWorkersOf(env, parts, workflowBundle, 'orders')
  const api = await startApi(env, parts)
  return { parts: [api, workers, { stop: parts.close }], failed: workers.failed }
})
