import { apiVariables } from '../api/env.ts'
import { startApi } from '../api/server.ts'
import { migrate } from '../db/migrate.ts'
import { bundleWorkflows } from '../workers/bundle.ts'
import { startDrain } from '../workers/drain.ts'
import { drainVariables, readEnv } from '../workers/env.ts'
import { drainDeps, openParts, relayDeps } from '../workers/parts.ts'
import { runProcess } from '../workers/process.ts'
import { startRelay } from '../workers/relay/index.ts'
import { schedulePlanning, scheduleStatements } from '../workers/schedule.ts'
import { startWorkersOf } from '../workers/worker.ts'

/** The whole application in one process, for development and the demo: API, workers of both queues, relay, drain. */
await runProcess(async () => {
  const env = readEnv(apiVariables, process.env)
  await migrate(env.DATABASE_URL)
  const [parts, workflowBundle] = await Promise.all([openParts(env), bundleWorkflows()])
  const workers = await startWorkersOf(env, parts, workflowBundle)
  const relay = startRelay(relayDeps(env, parts))
  const drain = startDrain(drainDeps(readEnv(drainVariables, process.env), parts))
  await schedulePlanning(parts.client, env.ORDERS_QUEUE)
  await scheduleStatements(parts.client, env.ORDERS_QUEUE)
  const api = await startApi(env, parts)
  return { parts: [api, drain, relay, workers, { stop: parts.close }], failed: workers.failed }
})
