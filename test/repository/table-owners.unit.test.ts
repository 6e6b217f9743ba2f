import { expect, it } from 'vitest'
import { filesOf, textOf } from './files.ts'

const page = 'docs/architecture.md'

/** The tables and their owners, as the page says it: `| services/orders/ | orders, order_lines |`. */
const owners = new Map(
  [...textOf(page).matchAll(/^\| `(services\/[\w-]+\/)` \| [^|]* \| ([^|]+) \|$/gm)].flatMap(
    ([, folder = '', tables = '']) =>
      tables.split(',').map((table) => [table.trim().replaceAll('`', ''), folder] as const),
  ),
)

const written =
  /\b(?:INSERT INTO|DELETE FROM|UPDATE)\s+"?([a-z_]+)"?\s+(?:AS\s+)?(?:\w+\s+)?(?:SET|\(|SELECT|WHERE|USING|[a-z]\b)/g

/** Who writes which table: all of the product but schema, seeds and the audit's read-only checks. */
const writers = filesOf(
  'services/**/*.ts',
  'api/**/*.ts',
  'workers/**/*.ts',
  'runtime/**/*.ts',
  'activities/**/*.ts',
  'db/reads/*.ts',
)
  .flatMap((file) => [...textOf(file).matchAll(written)].map(([, table = '']) => ({ file, table })))
  .filter(({ table }) => owners.has(table) || !['set', 'moved', 'taken'].includes(table))

it('knows who owns the tables', () => {
  expect(owners.size).toBeGreaterThan(30)
})

it('each table is written by its one owner alone', () => {
  const others = writers.filter(({ file, table }) => !file.startsWith(owners.get(table) ?? 'nobody'))
  expect(
    others.map(({ file, table }) => `${file} writes ${table}, which ${owners.get(table) ?? 'nobody'} owns`),
  ).toEqual([])
})

it('each table of the schema has an owner', () => {
  const tables = filesOf('db/schema/*.ts').flatMap((file) =>
    [...textOf(file).matchAll(/pgTable\(\s*'([a-z_]+)'/g)].map(([, table = '']) => table),
  )
  expect(tables.filter((table) => !owners.has(table))).toEqual([])
})
