import Table from 'cli-table3'

/** What became of one mutant. */
export type Mutant = {
  id: string
  file: string
  line: number
  mutator: string
  /** What stands there instead. */
  replacement: string
  status: 'Killed' | 'Timeout' | 'Survived' | 'NoCoverage' | 'NotTried'
}

export type Score = { mutants: number; killed: number; percent: number; interval: [from: number, to: number] }

/** Killed of all that were tried; a mutant that no test reaches has survived. Percent. */
export function scoreOf(mutants: readonly Mutant[]): Score {
  const tried = mutants.filter(({ status }) => status !== 'NotTried')
  const killed = tried.filter(({ status }) => status === 'Killed' || status === 'Timeout').length
  const [from, to] = wilson(killed, tried.length)
  return {
    ...{ mutants: tried.length, killed, interval: [100 * from, 100 * to] },
    percent: tried.length === 0 ? 100 : (100 * killed) / tried.length,
  }
}

/**
 * Where a share lies of which `hits` in `of` were seen, with 95 % confidence.
 * @see Wilson score interval https://www.itl.nist.gov/div898/handbook/prc/section2/prc241.htm
 */
export function wilson(hits: number, of: number): [from: number, to: number] {
  if (of === 0) return [0, 1]
  const z = 1.96
  const [share, spread] = [hits / of, (z * z) / of]
  const middle = share + spread / 2
  const half = z * Math.sqrt((share * (1 - share)) / of + spread / (4 * of))
  return [Math.max(0, (middle - half) / (1 + spread)), Math.min(1, (middle + half) / (1 + spread))]
}

/** What differs between two texts, word by word: `AND a = 1 becomes nothing`. */
export function changeOf(before: string, after: string): string {
  const [was, is] = [before.trim().split(/\s+/), after.trim().split(/\s+/)]
  const most = Math.min(was.length, is.length)
  let [from, behind] = [0, 0]
  while (from < most && was[from] === is[from]) from++
  while (behind < most - from && was.at(-1 - behind) === is.at(-1 - behind)) behind++
  const inWords = (words: string[]) => words.slice(from, words.length - behind).join(' ') || 'nothing'
  return `${inWords(was)} becomes ${inWords(is)}`
}

/** A table of files, then each mutant that survived, as `file:line mutator → replacement`. */
export function printReport(mutants: readonly Mutant[], sampled: boolean): void {
  const table = new Table({ head: ['file', 'tried', 'killed', 'timed out', 'survived', 'not reached', '%'] })
  const files = [...new Set(mutants.map(({ file }) => file))].sort()
  for (const file of [...files, 'all']) {
    const of = mutants.filter((one) => file === 'all' || one.file === file)
    const count = (status: Mutant['status']) => of.filter((one) => one.status === status).length
    const { mutants: tried, percent } = scoreOf(of)
    if (tried > 0)
      table.push([
        ...[file, tried, count('Killed'), count('Timeout'), count('Survived'), count('NoCoverage')],
        percent.toFixed(1),
      ])
  }
  console.log(table.toString())
  const alive = mutants.filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
  for (const { file, line, mutator, replacement, status } of alive.sort(byPlace))
    console.log(`${status} ${file}:${line} ${mutator} → ${replacement.replace(/\s+/g, ' ').slice(0, 140)}`)
  const { mutants: tried, killed, percent, interval } = scoreOf(mutants)
  const within = interval.map((bound) => bound.toFixed(1)).join(' – ')
  const sample = sampled ? ` of a sample out of ${mutants.length}; 95 % interval ${within} %` : ''
  console.log(`${killed} of ${tried} mutants killed: ${percent.toFixed(1)} %${sample}`)
}

const byPlace = (a: Mutant, b: Mutant): number => a.file.localeCompare(b.file) || a.line - b.line
