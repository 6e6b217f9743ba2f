import Table from 'cli-table3'

/** One figure: what was measured in each round, and what was promised. */
export type Figure = {
  figure: string
  rounds: number[]
  target: { atMost: number } | { atLeast: number } | null
  unit?: string
}

type Summary = {
  figure: string
  min: number
  median: number
  max: number
  target: string
  holds: boolean | null
}

const sorted = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b)

/** The value below which a share `p` (0..1) of the numbers lies. */
export function percentile(numbers: readonly number[], p: number): number {
  const all = sorted(numbers)
  return all[Math.min(all.length - 1, Math.floor(all.length * p))] ?? Number.NaN
}

/** The median decides whether a target holds; minimum and maximum show the noise. */
function summarise({ figure, rounds, target }: Figure): Summary {
  const all = sorted(rounds)
  const median = percentile(rounds, 0.5)
  const summary = { figure, min: all[0] ?? Number.NaN, median, max: all.at(-1) ?? Number.NaN }
  if (target === null) return { ...summary, target: '', holds: null }
  if ('atMost' in target) return { ...summary, target: `≤ ${target.atMost}`, holds: median <= target.atMost }
  return { ...summary, target: `≥ ${target.atLeast}`, holds: median >= target.atLeast }
}

/** Prints the figures as a table, or as one line of JSON each. Says whether every target holds. */
export function report(figures: readonly Figure[], json: boolean): boolean {
  const summaries = figures.map(summarise)
  if (json) for (const summary of summaries) console.log(JSON.stringify(summary))
  else {
    const table = new Table({
      head: ['figure', 'min', 'median', 'max', 'target', 'holds'],
      style: { head: [] },
    })
    for (const s of summaries)
      table.push([
        s.figure,
        short(s.min),
        short(s.median),
        short(s.max),
        s.target,
        s.holds === null ? '' : s.holds ? 'yes' : 'NO',
      ])
    console.log(table.toString())
  }
  return summaries.every((summary) => summary.holds !== false)
}

const short = (n: number): string => (Number.isInteger(n) ? String(n) : n.toPrecision(4))

/** Says how far a run is, on standard error, so that standard output stays the report. */
export const say = (text: string): void => {
  process.stderr.write(`${text}\n`)
}

/** Runs `total` jobs, `width` at a time, and says how long each took (ms). */
export async function inParallel(
  total: number,
  width: number,
  job: (i: number) => Promise<void>,
): Promise<{ tookMs: number[]; allMs: number }> {
  const tookMs: number[] = []
  let next = 0
  const started = performance.now()
  const lane = async () => {
    for (let i = next++; i < total; i = next++) {
      const from = performance.now()
      await job(i)
      tookMs.push(performance.now() - from)
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, total) }, lane))
  return { tookMs, allMs: performance.now() - started }
}
