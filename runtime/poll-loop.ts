import type { Logger } from 'pino'
import { isAway } from './away.ts'

/** A job that polls: `run` does what is due, a bounded batch at a time, and answers how much that was. */
export type PollLoop = { name: string; everyMs: number; run(): Promise<number> }

/** A job that fails in the same way again and again is logged once in this time (ms). */
const logAgainMs = 60_000

/**
 * Runs each job again and again until stopped: at once after a batch that found something, after its pause
 * otherwise. A fault is logged and tried again. A server that is away is logged once for all jobs, and once
 * more when every job works again.
 */
export function runPollLoops(jobs: readonly PollLoop[], log: Logger): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const outage = outageLog(log)
  const loops = jobs.map((job) => poll(job, { log, outage, signal: stopping.signal }))
  return {
    async stop() {
      stopping.abort()
      await Promise.all(loops)
    },
  }
}

type Polling = { log: Logger; outage: OutageLog; signal: AbortSignal }

async function poll(job: PollLoop, { log, outage, signal }: Polling): Promise<void> {
  const faults = faultLog(job.name, log)
  while (!signal.aborted) {
    let found = 0
    try {
      found = await job.run()
      outage.works(job.name)
      faults.works()
    } catch (error) {
      if (isAway(error)) outage.fails(job.name, error)
      else faults.fails(error)
    }
    if (found === 0) await pause(job.everyMs, signal)
  }
}

type OutageLog = { fails(job: string, error: unknown): void; works(job: string): void }

/** Logs the begin of an outage with its first error, and its end with how long it took. */
function outageLog(log: Logger): OutageLog {
  const waiting = new Set<string>()
  let since = 0
  return {
    fails(job, error) {
      if (waiting.size === 0) {
        since = Date.now()
        log.error({ error, job }, 'a server is away: jobs wait for it')
      }
      waiting.add(job)
    },
    works(job) {
      if (waiting.delete(job) && waiting.size === 0)
        log.info({ awayMs: Date.now() - since }, 'the server is back: all jobs work again')
    },
  }
}

/** Logs a job's faults: each new one, and one that repeats once a minute with how often it came. */
function faultLog(job: string, log: Logger): { fails(error: unknown): void; works(): void } {
  let last = ''
  let times = 0
  let loggedAt = 0
  return {
    fails(error) {
      const said = String(error)
      times = said === last ? times + 1 : 1
      if (times > 1 && Date.now() - loggedAt < logAgainMs) return
      last = said
      loggedAt = Date.now()
      log.error({ error, job, times }, 'a job failed and is tried again')
    },
    works() {
      last = ''
      times = 0
    },
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
