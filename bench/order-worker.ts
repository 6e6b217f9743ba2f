import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode } from '@temporalio/worker'
import { openContainer } from '../runtime/container.ts'
import { readEnv, workerVariables } from '../runtime/environment.ts'
import { runProcess } from '../runtime/process.ts'
import { startWorkersOf } from '../runtime/workers.ts'
import { answerMemory, hangUp } from './memory.ts'

/**
 * The process `worker`, its queue of orders only, which also collects its garbage and says how much memory it
 * holds.
 */
await runProcess(async () => {
  const env = readEnv(workerVariables, process.env)
  const [container, workflowBundle] = await Promise.all([
    openContainer(env),
    bundleWorkflowCode({ workflowsPath: fileURLToPath(new URL('./order-workflows.ts', import.meta.url)) }),
  ])
  const workers = await startWorkersOf(env, container, { workflowBundle, only: 'orders' })
  answerMemory()
  return { running: [workers, { stop: container.close }, { stop: hangUp }], failed: workers.failed }
})
