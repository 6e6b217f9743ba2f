import { Listr, PRESET_TIMER } from 'listr2'

/** Says what a job is doing right now; shown while it runs. */
export type Report = (doing: string) => void

interface Job<T> {
  /** What is being brought up, for example `PostgreSQL`. */
  readonly name: string
  /**
   * Does it; the answer's `about` says what came of it, for example `PostgreSQL 18.4 embedded, port 5432`.
   */
  run(report: Report): Promise<T>
}

interface Result {
  readonly about: string
}
type Jobs<T extends readonly Result[]> = { readonly [K in keyof T]: Job<T[K]> }
type Results<T extends readonly Result[]> = Promise<{ [K in keyof T]: T[K] }>

/**
 * Runs jobs side by side and shows how they fare. All of them end before it throws the failures of those that
 * failed.
 */
export type Progress = <const T extends readonly Result[]>(jobs: Jobs<T>) => Results<T>

/** A live list in a terminal; plain lines with durations anywhere else. */
export const showProgress: Progress = (jobs) => (process.stdout.isTTY ? live(jobs) : plain(jobs))

async function live<T extends readonly Result[]>(jobs: Jobs<T>): Results<T> {
  const results: Promise<Result>[] = []
  const list = new Listr(
    jobs.map(({ name, run }) => ({
      title: name,
      task: async (_context: object, task: { title: string; output: string }) => {
        const result = run((doing) => {
          task.output = doing
        })
        results.push(result)
        task.title = (await result).about
      },
    })),
    {
      concurrent: true,
      exitOnError: false,
      registerSignalListeners: false,
      rendererOptions: { timer: PRESET_TIMER, showErrorMessage: false },
    },
  )
  await list.run()
  return settled(results)
}

/** A long job says every few seconds what it is at; a short one only how it ended. */
const NEWS_EVERY_MS = 5000

async function plain<T extends readonly Result[]>(jobs: Jobs<T>): Results<T> {
  return settled(
    jobs.map(async ({ name, run }) => {
      const began = Date.now()
      const seconds = () => ((Date.now() - began) / 1000).toFixed(1)
      let doing = 'at work'
      const ticker = setInterval(
        () => process.stdout.write(`… ${name}: ${doing} (${seconds()} s)\n`),
        NEWS_EVERY_MS,
      )
      const result = await run((now) => {
        doing = now
      })
        .catch((error: unknown) => {
          process.stdout.write(`✖ ${name} (${seconds()} s)\n`)
          throw error
        })
        .finally(() => clearInterval(ticker))
      process.stdout.write(`✔ ${result.about} (${seconds()} s)\n`)
      return result
    }),
  )
}

/** In the order of the jobs, which the callers' types rely on. */
async function settled<T extends readonly Result[]>(jobs: readonly Promise<Result>[]): Results<T> {
  const ends = await Promise.allSettled(jobs)
  const failures = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []))
  if (failures.length > 0)
    throw new Error(
      failures.map((failure) => (failure instanceof Error ? failure.message : String(failure))).join('\n\n'),
    )
  return ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : [])) as unknown as Results<T>
}
