import { describe, expect, it } from 'vitest'
import { isId, snowflakes } from '../../domain/ids.ts'

const many = 200_000

function expectAscending(ids: readonly string[]): void {
  const numbers = ids.map(BigInt)
  const firstOutOfOrder = numbers.findIndex((number, i) => i > 0 && number <= (numbers[i - 1] ?? 0n))
  expect(firstOutOfOrder).toBe(-1)
}
const take = (next: () => string, count = many): string[] => Array.from({ length: count }, next)

describe('snowflakes', () => {
  it('are unique and ascend, 200,000 in a row', () => {
    expectAscending(take(snowflakes(1).next))
  })

  it('are unique and ascend while the clock stands still', () => {
    const start = Date.now()
    expectAscending(take(snowflakes(1, () => start).next))
  })

  it('are unique and ascend when the clock goes back, and when it jumps to and fro', () => {
    let now = Date.now()
    expectAscending(take(snowflakes(1, () => now--).next))
    expectAscending(take(snowflakes(2, () => now + (Math.random() < 0.5 ? -60_000 : 60_000)).next))
  })

  it('of different workers never meet, in the same millisecond', () => {
    const now = Date.now()
    const ids = [0, 1, 512, 1023].flatMap((worker) => take(snowflakes(worker, () => now).next, 10_000))
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('fit the database', () => {
    expect(isId(snowflakes(1023, () => Date.parse('2090-01-01')).next())).toBe(true)
  })
})

describe('isId', () => {
  it.each(['1', '9223372036854775807', '42'])('takes %s', (text) => {
    expect(isId(text)).toBe(true)
  })

  it.each([
    '',
    '0',
    '01',
    '-1',
    '1.0',
    '1e3',
    ' 1',
    '1\n',
    '9223372036854775808',
    '99999999999999999999',
    'abc',
    '１',
  ])('refuses %j', (text) => {
    expect(isId(text)).toBe(false)
  })
})
