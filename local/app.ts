import { apiVariables } from '../api/environment.ts'
import { startApi } from '../api/server.ts'
import { migrate } from '../db/migrate.ts'
import { bundleWorkflows } from '../runtime/bundle.ts'
import { openContainer } from '../runtime/container.ts'
import { consumerVariables, jobsVariables, readEnv } from '../runtime/environment.ts'
import { requireNoEviction } from '../runtime/gate-server.ts'
import { startLifecycle } from '../runtime/lifecycle.ts'
import { runProcess } from '../runtime/process.ts'
import { startWorkersOf } from '../runtime/workers.ts'
import { startConsumer } from '../workers/consumer/consumer.ts'
import { consumerDeps } from '../workers/consumer/deps.ts'
import { sampleOffers } from '../workers/consumer/figures.ts'
import { jobsDeps } from '../workers/jobs/deps.ts'
import { sampleShop } from '../workers/jobs/figures.ts'
import { startJobs } from '../workers/jobs/jobs.ts'
import { schedulePlanning, scheduleStatements } from '../workers/schedules.ts'

/**
 * The whole application in one process, for development and the demo: API, workers of both queues, jobs,
 * consumer.
 */
await runProcess(async () => {
  const env = readEnv(apiVariables, process.env)
  await migrate(env.DATABASE_URL)
  const [container, workflowBundle] = await Promise.all([openContainer(env), bundleWorkflows()])
  await requireNoEviction(container)
  const workers = await startWorkersOf(env, container, { workflowBundle })
  const jobs = startJobs(jobsDeps(readEnv(jobsVariables, process.env), container))
  const consuming = consumerDeps(readEnv(consumerVariables, process.env), container)
  const consumer = startConsumer(consuming)
  sampleOffers(consuming)
  sampleShop(container.db.sql)
  await schedulePlanning(container.client, env.ORDERS_QUEUE)
  await scheduleStatements(container.client, env.ORDERS_QUEUE)
  const { health, server, ending } = await startLifecycle(env, container, [
    'postgresql',
    'temporal',
    'redis',
    'ids',
  ])
  const api = await startApi(env, container, health)
  return {
    running: [api, consumer, jobs, workers, { stop: container.close }, server],
    failed: workers.failed,
    ...ending,
  }
})
