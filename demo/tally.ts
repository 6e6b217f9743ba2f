/** What the demo's buyers have done so far, as they saw it. */
export type Tally = {
  readonly planned: number
  /** A buyer pressed "place"; `ms` is how long the answer took. */
  placed(ms: number): void
  refused(code: string, ms: number): void
  now(): {
    answered: number
    refusals: ReadonlyMap<string, number>
    perSecond: number
    p50: number
    p99: number
  }
}

/** Orders a second are counted over this long. */
const windowMs = 5000

/** Counts how the planned orders fare. */
export function tally(planned: number): Tally {
  const took: number[] = []
  const at: number[] = []
  const refusals = new Map<string, number>()
  const answered = (ms: number): void => {
    took.push(ms)
    at.push(Date.now())
  }
  return {
    planned,
    placed: answered,
    refused(code, ms) {
      answered(ms)
      refusals.set(code, (refusals.get(code) ?? 0) + 1)
    },
    now() {
      const sorted = [...took].sort((a, b) => a - b)
      const recent = at.filter((moment) => moment > Date.now() - windowMs).length
      return {
        answered: took.length,
        refusals,
        perSecond: recent / (windowMs / 1000),
        p50: percentile(sorted, 0.5),
        p99: percentile(sorted, 0.99),
      }
    },
  }
}

const percentile = (sorted: readonly number[], of: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * of))] ?? 0
