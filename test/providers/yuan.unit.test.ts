import { describe, expect, it } from 'vitest'
import { fenOfYuan } from '../../providers/yuan.ts'

describe('yuan become fen', () => {
  it.each([
    ['0', 0n],
    ['0.01', 1n],
    ['0.1', 10n],
    ['1990', 199_000n],
    ['19.90', 1990n],
    ['0.29000', 29n],
    ['-3.05', -305n],
    ['999999999999999.99', 99_999_999_999_999_999n],
  ])('exactly: %s', (text, fen) => {
    expect(fenOfYuan(text)).toBe(fen)
  })

  it.each(['', ' 1', '1.', '.5', '0.001', '1,000.00', '1e3', '+1', '١', '¥1', '1'.repeat(16)])(
    'or not at all: %j',
    (text) => {
      expect(() => fenOfYuan(text)).toThrow(RangeError)
    },
  )
})
