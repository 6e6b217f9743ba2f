import type { Logger } from 'pino'
import { ConfigurationError } from '../domain/configuration.ts'
import { createLog } from './log.ts'

type Stoppable = { stop(): Promise<void> }

export type RunningProcess = {
  /** Stopped in this order. */
  running: (Stoppable | undefined)[]
  /** Rejects when a part cannot go on. */
  failed?: Promise<never>
  /** Turns readiness red at once, and comes back when nobody sends work any more. */
  leave?: () => Promise<void>
  /** How long stopping may take in all, after `leave`, ms. */
  stopWithinMs?: number
  log?: Logger
}

/**
 * Runs a process until SIGTERM or SIGINT. Then it is not ready any more, still takes what comes in its grace,
 * and stops its parts in the given order, within a bound; a second signal ends it at once. Wrong
 * configuration ends it at its start, with the text that says what to set; another failure with its stack.
 */
export async function runProcess(start: () => Promise<RunningProcess>): Promise<void> {
  const ownLog = createLog({ level: 'info' })
  logUnhandledRejections(ownLog)
  try {
    const { running, failed, leave, stopWithinMs = 30_000, log = ownLog } = await start()
    await Promise.race([signalled(), ...(failed ? [failed] : [])])
    for (const signal of signals) process.once(signal, () => process.exit(130))
    await leave?.()
    setTimeout(() => {
      log.error({ stopWithinMs }, 'stopping takes too long: what is still at work is left to others')
      process.exit(1)
    }, stopWithinMs).unref()
    for (const part of running) await part?.stop()
    process.exitCode = 0
  } catch (error) {
    console.error(error instanceof ConfigurationError ? error.message : error)
    process.exit(1)
  }
}

/**
 * A promise that was rejected and that nobody waits for is a fault to repair, and no reason to end the
 * process: what it was to do is in a transaction or in a due-list, and an end would break off all other work.
 * An exception that nobody caught still ends the process.
 * https://nodejs.org/api/process.html#event-unhandledrejection
 */
function logUnhandledRejections(log: Logger): void {
  process.on('unhandledRejection', (error) =>
    log.error({ error }, 'a promise was rejected and nobody waited for it'),
  )
}

const signals = ['SIGINT', 'SIGTERM'] as const
const signalled = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of signals) process.once(signal, () => resolve())
  })
