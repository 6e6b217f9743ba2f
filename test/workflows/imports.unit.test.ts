import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const folder = new URL('../../workflows/', import.meta.url)

/**
 * What is imported at run time from outside `workflows/` and `domain/`: it would bring I/O into the sandbox,
 * or zod into the bundle.
 */
function valueImports(file: string): string[] {
  const source = readFileSync(new URL(file, folder), 'utf8')
  const imports = [...source.matchAll(/^(?:import|export) (?!type )[^'"]*?from '([^']+)'/gms)]
  const inside = /^(\.\/|\.\.\/domain\/|@temporalio\/)/
  return imports.map(([, from = '']) => from).filter((from) => !inside.test(from))
}

it.each(readdirSync(folder).filter((file) => file.endsWith('.ts')))(
  '%s runs nothing but workflows and domain',
  (file) => {
    expect(valueImports(file)).toEqual([])
  },
)
