import { ConfigurationError } from '../domain/configuration.ts'

type Stoppable = { stop(): Promise<void> }

/**
 * Runs a process until SIGTERM or SIGINT, then stops its parts in the given order. Wrong configuration ends it at once, with the text that
 * says what to set; another failure ends it with its stack.
 */
export async function runProcess(
  start: () => Promise<{ running: Stoppable[]; failed?: Promise<never> }>,
): Promise<void> {
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

const signalled = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
