import type { Logger } from 'pino'
import { expect, it, vi } from 'vitest'
import { runPollLoops } from '../../runtime/poll-loop.ts'

const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })

function harness() {
  const error = vi.fn()
  const info = vi.fn()
  return { error, info, log: { error, info } as unknown as Logger } // What a poll loop logs with.
}

/** Fails so many times with `fault`, then works. */
const failing = (name: string, times: number, fault: Error) => {
  const job = { name, everyMs: 0, runs: 0, run: async () => 0 }
  job.run = async () => {
    job.runs += 1
    if (job.runs <= times) throw fault
    return 0
  }
  return job
}

it('logs a server that is away once for all jobs, and its return once', async () => {
  const { log, error, info } = harness()
  const jobs = [failing('a', 40, away), failing('b', 60, away), failing('c', 50, away)]
  const loops = runPollLoops(jobs, log)
  await expect.poll(() => Math.min(...jobs.map(({ runs }) => runs)), { interval: 1 }).toBeGreaterThan(70)
  await loops.stop()
  expect(error.mock.calls).toEqual([
    [{ error: away, job: expect.any(String) }, expect.stringContaining('away')],
  ])
  expect(info.mock.calls).toEqual([[{ awayMs: expect.any(Number) }, expect.stringContaining('back')]])
})

it('logs a job’s own fault at once, and not again in each round', async () => {
  const { log, error } = harness()
  const [one, other] = [new Error('a bug'), new Error('another one')]
  let runs = 0
  const job = {
    name: 'a',
    everyMs: 0,
    run: async () => {
      runs += 1
      throw runs <= 50 ? one : other
    },
  }
  const loops = runPollLoops([job], log)
  await expect.poll(() => runs, { interval: 1 }).toBeGreaterThan(100)
  await loops.stop()
  expect(error.mock.calls.map(([logged]) => logged.error)).toEqual([one, other])
})

it('runs a job at once after a batch that found something', async () => {
  const { log } = harness()
  let runs = 0
  const loops = runPollLoops([{ name: 'a', everyMs: 3_600_000, run: async () => (++runs < 5 ? 1 : 0) }], log)
  await expect.poll(() => runs, { interval: 1 }).toBe(5)
  await loops.stop()
})
