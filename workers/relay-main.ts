import { readEnv, workerVariables } from './env.ts'
import { openParts, relayDeps } from './parts.ts'
import { runProcess } from './process.ts'
import { startRelay } from './relay/index.ts'

/** The process `relay`: delivers what callbacks and signals did not, watches open attempts, starts refunds. */
await runProcess(async () => {
  const env = readEnv(workerVariables, process.env)
  const parts = await openParts(env)
  const relay = startRelay(relayDeps(env, parts))
  return { parts: [relay, { stop: parts.close }] }
})
