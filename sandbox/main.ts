import { sandboxConfig } from './env.ts'
import { startSandbox } from './server.ts'

/** The sandbox as a process of its own; prints where it listens, ends on SIGINT or SIGTERM. */
try {
  const sandbox = await startSandbox(sandboxConfig(process.env))
  process.stdout.write(`sandbox ready on ${sandbox.url}\n`)
  const end = () => void sandbox.stop().then(() => process.exit(0))
  process.once('SIGINT', end)
  process.once('SIGTERM', end)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
