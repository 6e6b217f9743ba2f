import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fen } from '../../../domain/money.ts'
import { wireYuan } from '../../../providers/alipay/yuan.ts'
import { parseYuan } from '../../../providers/yuan.ts'

describe('yuan', () => {
  it.each([
    ['0.01', 1n],
    ['19.9', 1990n],
    ['100', 10_000n],
    ['100.00', 10_000n],
    ['0', 0n],
    ['123456789012.34', 12_345_678_901_234n],
  ])('reads %s exactly', (text, amount) => {
    expect(parseYuan(text)).toBe(amount)
  })

  it.each([
    '1e2',
    '0.001',
    '-1',
    '+1',
    '',
    ' ',
    '１',
    '1.',
    '.5',
    '1,000',
    ' 1',
    '1 ',
    '1\n',
    '0x10',
    'Infinity',
    '1.２',
    '9'.repeat(13),
  ])('refuses %j', (text) => {
    expect(parseYuan(text)).toBeUndefined()
  })

  it('reads back what it writes, to the fen', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 10_000_000_000n), (amount) => {
        expect(parseYuan(wireYuan(fen(amount)))).toBe(amount)
        expect(wireYuan(fen(amount))).toMatch(/^\d+\.\d\d$/)
      }),
    )
  })

  it('reads whatever it reads as arithmetic on the digits does', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const read = parseYuan(text)
        if (read !== undefined) expect(wireYuanOfAny(read)).toBe(canonical(text))
      }),
    )
    fc.assert(
      fc.property(fc.stringMatching(/^\d{1,12}(\.\d{1,2})?$/), (text) => {
        expect(wireYuanOfAny(parseYuan(text) ?? -1n)).toBe(canonical(text))
      }),
    )
  })

  it.each([0n, -1n, 10_000_000_001n])('does not write %s fen', (amount) => {
    expect(() => wireYuan(fen(amount))).toThrow(RangeError)
  })
})

const wireYuanOfAny = (amount: bigint): string => `${amount / 100n}.${String(amount % 100n).padStart(2, '0')}`
const canonical = (text: string): string => {
  const [whole = '', part = ''] = text.split('.')
  return `${whole.replace(/^0+(?=\d)/, '')}.${part.padEnd(2, '0')}`
}
