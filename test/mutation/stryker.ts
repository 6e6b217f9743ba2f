import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Stryker } from '@stryker-mutator/core'
import type { Plan } from './plan.ts'
import { changeOf, type Mutant } from './report.ts'
import { drawOf } from './sample.mjs'
import { sqlMutator } from './sql.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

type Sample = { share: number; seed: number }
type MutantResult = Awaited<ReturnType<Stryker['runMutationTest']>>[number]

/** Has Stryker try the mutants of a plan, those of SQL beside its own. */
export async function triedByStryker(plan: Plan, sample: Sample): Promise<Mutant[]> {
  await addMutators()
  process.env.MUTATION_SAMPLE = JSON.stringify(sample)
  const stryker = new Stryker({
    mutate: plan.mutate,
    testRunner: 'vitest',
    coverageAnalysis: plan.workflows ? 'off' : 'perTest',
    concurrency: 1,
    plugins: ['@stryker-mutator/vitest-runner', join(root, 'test/mutation/sample.mjs')],
    ...(sample.share < 1 && { checkers: ['sample'] }),
    // Options of the runner, which Stryker's types do not have.
    ...({ vitest: { configFile: 'test/mutation/vitest.config.ts', related: !plan.workflows } } as object),
    reporters: ['progress-append-only'],
    tsconfigFile: 'none', // It would be rewritten by an interface that TypeScript 7 does not have.
    tempDirName: '.floodgate/mutation/sandbox',
    ignorePatterns: ['.floodgate', 'docs', 'demo'],
    dryRunTimeoutMinutes: 60,
    timeoutMS: 60_000,
    timeoutFactor: 3,
  })
  return (await stryker.runMutationTest()).map((result) => mutantOf(result, sample))
}

/** The list of mutators is the instrumenter's own: it lies beside the package's entry. */
async function addMutators(): Promise<void> {
  const core = createRequire(import.meta.url).resolve('@stryker-mutator/core')
  const entry = createRequire(core).resolve('@stryker-mutator/instrumenter')
  const list = pathToFileURL(join(dirname(entry), 'mutators', 'mutate.js')).href
  const { allMutators } = (await import(list)) as { allMutators: unknown[] }
  allMutators.push(sqlMutator)
}

type Place = { line: number; column: number }

/** The text of a file between two places; lines and columns count from 1. */
function textAt(file: string, start: Place, end: Place): string {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .slice(start.line - 1, end.line)
  const last = lines.pop() ?? ''
  const text = [...lines, last.slice(0, end.column - 1)].join('\n')
  return text.slice(start.column - 1)
}

function mutantOf(result: MutantResult, { share, seed }: Sample): Mutant {
  const { id, fileName, location, mutatorName: mutator, replacement = '', status, statusReason } = result
  const known = ['Killed', 'Timeout', 'Survived', 'NoCoverage'] as const
  // A test that ran out of time may have done so without the mutant, on a machine that is busy.
  const reached = statusReason && /timed out/i.test(statusReason) ? 'Timeout' : status
  const is = drawOf(seed, id) < share ? known.find((one) => one === reached) : undefined
  const file = relative(root, fileName)
  const { start, end } = location
  const change = mutator === 'Sql' ? changeOf(textAt(fileName, start, end), replacement) : replacement
  return { id, file, line: start.line, mutator, replacement: change, status: is ?? 'NotTried' }
}
