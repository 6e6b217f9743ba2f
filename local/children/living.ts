/** Something of ours that runs outside this process. */
export interface Living {
  /** Ends it in order; resolves once it is gone. */
  stop(): Promise<void>
  /** Ends it at once, without waiting: this process is about to exit. */
  kill(): void
}

const living = new Set<Living>()
let stopping: Promise<void> | undefined

/** Whether this process is on its way out: nothing may be started any more, and failures are no events. */
export const isStopping = (): boolean => stopping !== undefined

/** Counts `one` among what must not outlive this process. Answers how to take it off the list. */
export function keep(one: Living): () => void {
  if (living.size === 0) process.on('exit', killAll)
  living.add(one)
  return () => {
    living.delete(one)
    if (living.size === 0) process.off('exit', killAll)
  }
}

/** Ends everything that runs, the youngest first: an application before the servers it talks to. */
export function stopAll(): Promise<void> {
  stopping ??= (async () => {
    for (const one of [...living].reverse()) await one.stop()
  })()
  return stopping
}

function killAll(): void {
  for (const one of living) one.kill()
}

/**
 * Ends a process and all that it started, at once. Its number is its group's too, because what we start leads
 * a group of its own.
 */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Gone already.
  }
}

const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

/** On Ctrl-C and its like: stops everything in order, then exits with the signal's code. */
export function stopOnSignals(say: (line: string) => void = () => {}): void {
  for (const [signal, code] of Object.entries(codes)) {
    process.on(signal, () => {
      if (!isStopping()) say('stopping…')
      stopAll().then(
        () => process.exit(code),
        () => process.exit(code),
      )
    })
  }
}

/**
 * Runs a launcher's story from start to end: signals and failures both leave nothing running. `story` answers
 * the exit code; a launcher that stays up until Ctrl-C never answers.
 */
export async function launch(story: () => Promise<number>): Promise<never> {
  stopOnSignals((line) => process.stderr.write(`\n${line}\n`))
  const code = await story().catch(async (error: unknown) => {
    if (isStopping()) return stopAll().then(() => 130)
    process.stderr.write(`✖ ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  })
  const interrupted = isStopping()
  await stopAll()
  // A signal's own handler exits with the signal's code.
  if (interrupted) await new Promise<never>(() => {})
  return process.exit(code)
}
