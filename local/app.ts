import { apiVariables } from '../api/environment.ts'
import { startApi } from '../api/server.ts'
import { migrate } from '../db/migrate.ts'
import { bundleWorkflows } from '../runtime/bundle.ts'
import { drainDeps, openParts, relayDeps } from '../runtime/container.ts'
import { drainVariables, readEnv } from '../runtime/environment.ts'
import { runProcess } from '../runtime/process.ts'
import { startWorkersOf } from '../runtime/workers.ts'
import { startDrain } from '../workers/consumer/consumer.ts'
import { startRelay } from '../workers/jobs/jobs.ts'
import { schedulePlanning, scheduleStatements } from '../workers/schedules.ts'

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
