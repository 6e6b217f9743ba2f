import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { filesOf } from '../repository/files.ts'
import type { Mutant } from './report.ts'

/** Mutants of Lua, which Stryker does not read: each changes one thing that a script decides or writes. */
type Rule = { find: RegExp; put: (found: string) => string }

const swapped: Readonly<Record<string, string>> = {
  ...{ ' < ': ' <= ', ' <= ': ' < ', ' > ': ' >= ', ' >= ': ' > ', ' == ': ' ~= ', ' ~= ': ' == ' },
  ...{ ' + ': ' - ', ' - ': ' + ', ' and ': ' or ', ' or ': ' and ', 'math.max': 'math.min' },
}

const rules: readonly Rule[] = [
  { find: / (?:<|<=|>|>=|==|~=|\+|-|and|or) |\bmath\.max/g, put: (it) => swapped[it] ?? '' },
  { find: /\bnot /g, put: () => '' },
  { find: /^[ \t]*(?:redis\.p?call\(|count_started\(|take_out\()[^\n]*\)[ \t]*$/gm, put: () => '' },
  { find: /^[ \t]*if [^\n]* end[ \t]*$/gm, put: () => '' },
  { find: /(?<=, )(?:0|1)(?=[,)])/g, put: (it) => (it === '0' ? '1' : '0') },
  { find: /'(?:[a-z_]{3,}|l|p)'/g, put: () => "'mutant'" },
]

/** A script's text with one thing changed, and the line of the change; comments stay as they are. */
export function luaMutants(text: string): { line: number; replacement: string; text: string }[] {
  const isComment = (index: number): boolean => {
    const line = text.slice(text.lastIndexOf('\n', index - 1) + 1, index)
    return line.includes('--')
  }
  return rules.flatMap(({ find, put }) =>
    [...text.matchAll(find)]
      .filter(({ index }) => !isComment(index))
      .map(({ 0: found, index }) => ({
        line: text.slice(0, index).split('\n').length,
        replacement: `${found.trim()} becomes ${put(found).trim() || 'nothing'}`,
        text: text.slice(0, index) + put(found) + text.slice(index + found.length),
      })),
  )
}

/**
 * Tries each mutant of the scripts in a copy of the repository: the tests are run until one fails.
 *
 * @param folder of the scripts, e.g. `redis/gate/lua`
 * @param sandbox where the copy is made, and removed from in the end
 */
export function triedLua(
  folder: string,
  sandbox: string,
  { isInSample }: { isInSample: (id: string) => boolean },
): Mutant[] {
  rmSync(sandbox, { recursive: true, force: true })
  for (const file of filesOf('.')) {
    mkdirSync(dirname(join(sandbox, file)), { recursive: true })
    cpSync(file, join(sandbox, file))
  }
  symlinkSync(join(process.cwd(), 'node_modules'), join(sandbox, 'node_modules'))
  try {
    if (!passes(sandbox, 'inherit')) throw new Error('the tests fail without any mutant')
    const mutants = filesOf(`${folder}/*.lua`, `${folder}/**/*.lua`).flatMap((file) =>
      luaMutants(readFileSync(file, 'utf8')).map((mutant) => ({ file, ...mutant })),
    )
    return mutants.map(({ file, line, replacement, text }, i) => {
      const id = String(i)
      const mutant = { id, file, line, mutator: 'Lua', replacement }
      if (!isInSample(id)) return { ...mutant, status: 'NotTried' }
      const at = join(sandbox, file)
      writeFileSync(at, text)
      const status = passes(sandbox) ? 'Survived' : 'Killed'
      cpSync(file, at)
      console.log(`${i + 1}/${mutants.length} ${status} ${file}:${line} ${replacement}`)
      return { ...mutant, status }
    })
  } finally {
    rmSync(sandbox, { recursive: true, force: true })
  }
}

/** Whether all tests pass; what hangs for ten minutes does not. */
function passes(sandbox: string, stdio: 'inherit' | 'ignore' = 'ignore'): boolean {
  const vitest = join(sandbox, 'node_modules/vitest/vitest.mjs')
  const args = [
    vitest,
    'run',
    '--config',
    'test/mutation/vitest.config.ts',
    '--bail',
    '1',
    '--maxWorkers',
    '1',
  ]
  const { status } = spawnSync(process.execPath, args, { cwd: sandbox, stdio, timeout: 600_000 })
  return status === 0
}
