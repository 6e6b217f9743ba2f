import { openParts, relayDeps } from '../../runtime/container.ts'
import { readEnv, workerVariables } from '../../runtime/environment.ts'
import { runProcess } from '../../runtime/process.ts'
import { startRelay } from './jobs.ts'

/** The process `relay`: delivers what callbacks and signals did not, watches open attempts, starts refunds. */
await runProcess(async () => {
  const env = readEnv(workerVariables, process.env)
  const parts = await openParts(env)
  const relay = startRelay(relayDeps(env, parts))
  return { parts: [relay, { stop: parts.close }] }
})
