import type { Logger } from 'pino'

/** A duty: does what is due, a bounded batch at a time, and says how much that was. */
export type PollLoop = { name: string; everyMs: number; run(): Promise<number> }

/** Runs each duty again and again until stopped: at once after a batch that found something, after its pause otherwise. A fault is logged and tried again. */
export function runPollLoops(duties: readonly PollLoop[], log: Logger): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const loops = duties.map((duty) => loop(duty, log, stopping.signal))
  return {
    async stop() {
      stopping.abort()
      await Promise.all(loops)
    },
  }
}

async function loop(duty: PollLoop, log: Logger, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const found = await duty.run().catch((error) => {
      log.error({ error, duty: duty.name }, 'a duty failed and is tried again')
      return 0
    })
    if (found === 0) await pause(duty.everyMs, signal)
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
