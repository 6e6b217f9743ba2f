import { startDrain } from './drain.ts'
import { drainVariables, readEnv } from './env.ts'
import { drainDeps, openParts } from './parts.ts'
import { runProcess } from './process.ts'

/** The process `drain`: flash-sale tickets into orders, and the gates' keeper. */
await runProcess(async () => {
  const env = readEnv(drainVariables, process.env)
  const parts = await openParts(env)
  const drain = startDrain(drainDeps(env, parts))
  return { parts: [drain, { stop: parts.close }] }
})
