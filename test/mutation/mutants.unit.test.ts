import { describe, expect, it } from 'vitest'
import { luaMutants } from './lua.ts'
import { planOf } from './plan.ts'
import { changeOf, type Mutant, scoreOf, wilson } from './report.ts'
import { drawOf } from './sample.mjs'
import { sqlMutants } from './sql.ts'

describe('a mutant of SQL', () => {
  const changes = (text: string) => sqlMutants(text).map((mutant) => mutant.replace(/\s+/g, ' ').trim())

  it('lacks a condition, or joins it by the other word', () => {
    expect(changes('WHERE a = \u00000\u0000\n  AND b IS NULL')).toContain('WHERE a = \u00000\u0000')
    expect(changes('WHERE a AND b')).toEqual(['WHERE a OR b'])
  })

  it('compares, adds and bounds the other way', () => {
    expect(changes('SELECT a + 1 WHERE b < 2')).toEqual([
      ...['SELECT a - 1 WHERE b < 2', 'SELECT a + 1 WHERE b <= 2'],
    ])
    expect(changes('SELECT least(a, b)')).toEqual(['SELECT greatest(a, b)'])
    expect(changes('WHERE id = \u00000\u0000')).toEqual(['WHERE id <> \u00000\u0000'])
  })

  it('locks nothing, sorts nothing, takes all', () => {
    expect(changes('SELECT 1\nORDER BY a\nLIMIT 5\nFOR UPDATE SKIP LOCKED')).toEqual([
      ...['SELECT 1 ORDER BY a LIMIT 5', 'SELECT 1 LIMIT 5 FOR UPDATE SKIP LOCKED'],
      'SELECT 1 ORDER BY a FOR UPDATE SKIP LOCKED',
    ])
  })

  it('never leaves a bracket open', () => {
    expect(changes("WHERE a IN (\nSELECT b\nAND c = 'x')")).not.toContain('WHERE a IN ( SELECT b')
  })
})

describe('a mutant of Lua', () => {
  it('changes code and no comment, and says where', () => {
    expect(luaMutants('-- a < b\nif a < b then return 0 end')).toEqual([
      {
        ...{ line: 2, replacement: '< becomes <=' },
        text: '-- a < b\nif a <= b then return 0 end',
      },
      {
        ...{ line: 2, replacement: 'if a < b then return 0 end becomes nothing' },
        text: '-- a < b\n',
      },
    ])
  })
})

describe('a change in words', () => {
  it('is what went and what came, whole words of both', () => {
    expect(changeOf('WHERE a = 1\n  AND b = 2', 'WHERE a = 1')).toBe('AND b = 2 becomes nothing')
    expect(changeOf('SELECT least(a, b)', 'SELECT greatest(a, b)')).toBe('least(a, becomes greatest(a,')
    expect(changeOf('a < b', 'a <= b')).toBe('< becomes <=')
  })
})

describe('the score', () => {
  const mutant = (status: Mutant['status']): Mutant => ({
    ...{ id: '1', file: 'a.ts', line: 1, mutator: 'X', replacement: '', status },
  })

  it('counts a mutant that no test reaches as one that survived, and none that was not tried', () => {
    const all = (['Killed', 'Timeout', 'Survived', 'NoCoverage', 'NotTried'] as const).map(mutant)
    expect(scoreOf(all)).toMatchObject({ mutants: 4, killed: 2, percent: 50 })
  })

  it('of a sample lies in an interval, narrower the more were tried', () => {
    const [from, to] = wilson(85, 100)
    expect([from.toFixed(3), to.toFixed(3)]).toEqual(['0.767', '0.907'])
    expect(wilson(850, 1000)[0]).toBeGreaterThan(from)
    expect(wilson(0, 0)).toEqual([0, 1])
  })
})

describe('a sample', () => {
  it('is the same for the same seed, another for another, and about as large as it should be', () => {
    const ids = Array.from({ length: 5000 }, (_, i) => String(i))
    const taken = (seed: number) => ids.filter((id) => drawOf(seed, id) < 0.1)
    expect(taken(1)).toEqual(taken(1))
    expect(taken(1)).not.toEqual(taken(2))
    expect(Math.abs(taken(1).length - 500)).toBeLessThan(100)
  })
})

describe('the plan', () => {
  it('of pure code has the tests that need no server; of other code those of the same path', () => {
    expect(planOf('providers/alipay')).toMatchObject({
      ...{ servers: false, tests: ['test/providers/**/*.unit.test.ts'] },
    })
    expect(planOf('services/buyers').tests).toEqual([
      ...['test/services/buyers.test.ts', 'test/services/buyers.unit.test.ts'],
      ...['test/services/buyers/**/*.test.ts', 'test/api/addresses.test.ts', 'test/api/tokens.test.ts'],
    ])
    expect(planOf('workflows/placing.ts')).toMatchObject({
      ...{ mutate: ['workflows/placing.ts'], workflows: true, servers: true },
    })
  })
})
