import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { inject } from 'vitest'

/**
 * Switches a mutant on inside of Temporal's workflow sandbox, which has a global object of its own: the
 * bundle begins with the switch that Stryker sets in this process. What Stryker counts there is dropped, as
 * it could not be read from outside.
 */
const bundle = inject('workflowBundle')
const plain = `${bundle}.plain`
if (!existsSync(plain)) writeFileSync(plain, readFileSync(bundle))
// Stryker's own set-up file provides it, under a name that Vitest's types do not know.
const active = (inject as (name: string) => unknown)('activeMutant')
writeFileSync(bundle, `${switchTo(active)}\n${readFileSync(plain, 'utf8')}`)

function switchTo(mutant: unknown): string {
  const dropped = 'new Proxy({}, { set: () => true })'
  const coverage = `{ static: ${dropped}, perTest: ${dropped} }`
  return `globalThis.__stryker__ = { activeMutant: ${JSON.stringify(mutant)}, mutantCoverage: ${coverage} };`
}
