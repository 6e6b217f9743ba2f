import { pino } from 'pino'
import { ConfigurationError } from '../domain/configuration.ts'

type Stoppable = { stop(): Promise<void> }

/**
 * Runs a process until SIGTERM or SIGINT, then stops its parts in the given order. Wrong configuration ends it at once, with the text that
 * says what to set; another failure ends it with its stack.
 */
export async function runProcess(
  start: () => Promise<{ running: Stoppable[]; failed?: Promise<never> }>,
): Promise<void> {
  logUnhandledRejections()
  try {
    const { running, failed } = await start()
    await Promise.race([signalled(), ...(failed ? [failed] : [])])
    for (const part of running) await part.stop()
    process.exitCode = 0
  } catch (error) {
    console.error(error instanceof ConfigurationError ? error.message : error)
    process.exit(1)
  }
}

/**
 * A promise that was rejected and that nobody waits for is a fault to repair, and no reason to end the process: what it was to do is in a
 * transaction or in a due-list, and an end would break off all other work. An exception that nobody caught still ends the process, as
 * Node's documentation advises. https://nodejs.org/api/process.html#event-unhandledrejection
 */
function logUnhandledRejections(): void {
  const log = pino({ serializers: { error: pino.stdSerializers.err } })
  process.on('unhandledRejection', (error) =>
    log.error({ error }, 'a promise was rejected and nobody waited for it'),
  )
}

const signalled = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
