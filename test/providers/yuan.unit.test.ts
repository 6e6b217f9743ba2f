import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fen } from '../../domain/money.ts'
import { alipayYuan, fenOfYuan } from '../../providers/yuan.ts'

const textOf = (amount: bigint): string => `${amount / 100n}.${String(amount % 100n).padStart(2, '0')}`
const canonical = (text: string): string => {
  const [whole = '', part = ''] = text.split('.')
  return `${whole.replace(/^0+(?=\d)/, '')}.${part.padEnd(2, '0')}`
}

describe('yuan of an answer or a notification', () => {
  it.each([
    ['0.01', 1n],
    ['19.9', 1990n],
    ['100', 10_000n],
    ['100.00', 10_000n],
    ['0', 0n],
    ['123456789012.34', 12_345_678_901_234n],
  ])('are read exactly: %s', (text, amount) => {
    expect(fenOfYuan(text, 'plain')).toBe(amount)
  })

  it.each([
    ...['1e2', '0.001', '-1', '+1', '', ' ', '１', '1.', '.5', '1,000', ' 1', '1 ', '1\n', '0x10'],
    ...['Infinity', '1.２', '0.100', '9'.repeat(13)],
  ])('are refused when they are anything else: %j', (text) => {
    expect(fenOfYuan(text, 'plain')).toBeUndefined()
  })

  it('are read as arithmetic on their digits reads them', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const read = fenOfYuan(text, 'plain')
        if (read !== undefined) expect(textOf(read)).toBe(canonical(text))
      }),
    )
    fc.assert(
      fc.property(fc.stringMatching(/^\d{1,12}(\.\d{1,2})?$/), (text) => {
        expect(textOf(fenOfYuan(text, 'plain') ?? -1n)).toBe(canonical(text))
      }),
    )
  })
})

describe('yuan of a bill', () => {
  it.each([
    ['0', 0n],
    ['0.01', 1n],
    ['0.1', 10n],
    ['1990', 199_000n],
    ['19.90', 1990n],
    ['0.29000', 29n],
    ['-3.05', -305n],
    ['999999999999999.99', 99_999_999_999_999_999n],
  ])('are read exactly: %s', (text, amount) => {
    expect(fenOfYuan(text, 'column')).toBe(amount)
  })

  it.each(['', ' 1', '1.', '.5', '0.001', '1,000.00', '1e3', '+1', '١', '¥1', '1'.repeat(16)])(
    'are refused when they are anything else: %j',
    (text) => {
      expect(fenOfYuan(text, 'column')).toBeUndefined()
    },
  )
})

describe('yuan for Alipay', () => {
  it('read back as what was written, to the fen', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 10_000_000_000n), (amount) => {
        expect(fenOfYuan(alipayYuan(fen(amount)), 'plain')).toBe(amount)
        expect(alipayYuan(fen(amount))).toMatch(/^\d+\.\d\d$/)
      }),
    )
  })

  it.each([0n, -1n, 10_000_000_001n])('are not written for %s fen', (amount) => {
    expect(() => alipayYuan(fen(amount))).toThrow(RangeError)
  })
})
