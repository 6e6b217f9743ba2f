import { bundleWorkflows } from '../runtime/bundle.ts'
import { openContainer } from '../runtime/container.ts'
import { readEnv } from '../runtime/environment.ts'
import { requireNoEviction } from '../runtime/gate-server.ts'
import { startLifecycle } from '../runtime/lifecycle.ts'
import { runProcess } from '../runtime/process.ts'
import { startWorkersOf } from '../runtime/workers.ts'
import { apiVariables } from './environment.ts'
import { startApi } from './server.ts'

/** The process `api`, with the order worker beside it that takes the first task of each order it starts. */
await runProcess(async () => {
  const env = readEnv(apiVariables, process.env)
  const [container, workflowBundle] = await Promise.all([openContainer(env), bundleWorkflows()])
  await requireNoEviction(container)
  const workers = await startWorkersOf(env, container, { workflowBundle, only: 'orders' })
  const { health, server, ending } = await startLifecycle(env, container, ['postgresql', 'ids'])
  const api = await startApi(env, container, health)
  return {
    running: [api, workers, { stop: container.close }, server],
    failed: workers.failed,
    ...ending,
  }
})
