import { drainDeps, openParts } from '../../runtime/container.ts'
import { drainVariables, readEnv } from '../../runtime/environment.ts'
import { runProcess } from '../../runtime/process.ts'
import { startDrain } from './consumer.ts'

/** The process `drain`: flash-sale tickets into orders, and the gates' keeper. */
await runProcess(async () => {
  const env = readEnv(drainVariables, process.env)
  const parts = await openParts(env)
  const drain = startDrain(drainDeps(env, parts))
  return { parts: [drain, { stop: parts.close }] }
})
