import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The repository's own files (tracked, or new and not ignored) that match, as paths from its root. */
export function filesOf(...patterns: string[]): string[] {
  const listing = [
    'ls-files',
    '--cached',
    '--others',
    '--exclude-standard',
    '--deduplicate',
    '--',
    ...patterns,
  ]
  return execFileSync('git', listing, { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean)
}

/** A file's text, by its path from the repository's root. */
export const textOf = (file: string): string => readFileSync(`${root}/${file}`, 'utf8')
