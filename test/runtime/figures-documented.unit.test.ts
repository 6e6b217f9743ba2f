import { describe, expect, it } from 'vitest'
import { registry } from '../../runtime/metrics.ts'
import type { ConsumerDeps } from '../../workers/consumer/deps.ts'
import { sampleOffers } from '../../workers/consumer/figures.ts'
import { sampleShop } from '../../workers/jobs/figures.ts'
import { textOf } from '../repository/files.ts'

const declared = () => registry.getMetricsAsArray().map(({ name, type }) => [name, String(type)] as const)

/** Every figure of every process. Those of stores are declared and removed again: nothing is read here. */
function allKinds(): Map<string, string> {
  const before = new Map(declared())
  sampleShop(undefined as never)
  sampleOffers({} as ConsumerDeps)
  const all = new Map(declared())
  for (const name of all.keys()) if (!before.has(name)) registry.removeSingleMetric(name)
  return all
}

/** Node's own, and those of a library's convention. */
const isOurs = (name: string): boolean => !/^(process|nodejs)_/.test(name)
const kinds = allKinds()
const names = [...kinds.keys()].filter(isOurs)

const tabled = (page: string): string[] =>
  [...textOf(page).matchAll(/^\| `(\w+)`(?: \{[\w, ]+\})? \| [^|]+ \| [^|]+ \|$/gm)].map(
    ([, name = '']) => name,
  )

describe.each(['docs/operations.md', 'docs/zh-CN/operations.md'])('the table of figures in %s', (page) => {
  it('has every figure of the processes', () => {
    const there = new Set(tabled(page))
    expect(names.filter((name) => !there.has(name))).toEqual([])
  })
})

describe('a figure', () => {
  it('is named by the conventions: counters end in _total, durations are in seconds', () => {
    expect(names.filter((name) => (kinds.get(name) === 'counter') !== name.endsWith('_total'))).toEqual([])
    expect(names.filter((name) => kinds.get(name) === 'histogram' && !name.endsWith('_seconds'))).toEqual([])
  })

  it('that an alert rule looks at is there', () => {
    const rules = [...textOf('deploy/prometheus-rules.yml').matchAll(/expr: (>\n(?: {10}.*\n)+|.*)/g)]
    expect(rules.length).toBeGreaterThan(10)
    const asked = rules.flatMap(([rule]) => [...rule.matchAll(/\b[a-z]+(?:_[a-z]+)+\b(?=[{[)]| [><])/g)])
    const named = asked.map(([name]) => name.replace(/_(bucket|count)$/, ''))
    expect(named.length).toBeGreaterThan(10)
    expect(named.filter((name) => !kinds.has(name))).toEqual([])
  })
})
