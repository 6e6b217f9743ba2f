import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  add,
  allocate,
  type Fen,
  fen,
  least,
  minus,
  moneyJson,
  times,
  yuan,
  zero,
} from '../../domain/money.ts'

const amount = fc.bigInt({ min: 0n, max: 10n ** 12n }).map(fen)
const weights = fc.array(amount, { minLength: 1, maxLength: 20 })
const sum = (parts: readonly Fen[]): bigint => parts.reduce((a, b) => a + b, 0n)

describe('allocate', () => {
  it('gives the fen that does not divide to the earlier part', () => {
    expect(allocate(fen(100), [fen(1), fen(1), fen(1)])).toEqual([34n, 33n, 33n])
    expect(allocate(fen(1), [fen(50), fen(50)])).toEqual([1n, 0n])
  })

  it('gives it to the largest remainder first', () => {
    expect(allocate(fen(10), [fen(1), fen(2), fen(4)])).toEqual([1n, 3n, 6n])
    expect(allocate(fen(4), [fen(1), fen(3), fen(6)])).toEqual([1n, 1n, 2n])
    expect(allocate(fen(8), [fen(1), fen(3), fen(6)])).toEqual([1n, 2n, 5n])
  })

  it('gives all to the first part when no part weighs anything', () => {
    expect(allocate(fen(7), [fen(0), fen(0)])).toEqual([7n, 0n])
    expect(allocate(fen(0), [])).toEqual([])
  })

  it('never makes or loses a fen', () => {
    fc.assert(fc.property(amount, weights, (total, shares) => sum(allocate(total, shares)) === total))
  })

  it('never gives a negative part, nor any to a part that weighs nothing beside one that weighs', () => {
    fc.assert(
      fc.property(amount, weights, (total, shares) => {
        const parts = allocate(total, shares)
        expect(parts.every((part) => part >= 0n)).toBe(true)
        if (sum(shares) > 0n)
          expect(parts.every((part, i) => part === 0n || (shares[i] ?? 0n) > 0n)).toBe(true)
      }),
    )
  })

  it('never takes more from a part than it weighs while the total does not exceed the weights', () => {
    const split = weights.chain((shares) =>
      fc.tuple(fc.bigInt({ min: 0n, max: sum(shares) }).map(fen), fc.constant(shares)),
    )
    fc.assert(
      fc.property(split, ([total, shares]) => {
        expect(allocate(total, shares).every((part, i) => part <= (shares[i] ?? 0n))).toBe(true)
      }),
    )
  })

  it('stays within one fen of the exact proportion', () => {
    fc.assert(
      fc.property(amount, weights, (total, shares) => {
        const whole = sum(shares)
        if (whole === 0n) return
        allocate(total, shares).forEach((part, i) => {
          const floor = (total * (shares[i] ?? 0n)) / whole
          expect(part === floor || part === floor + 1n).toBe(true)
        })
      }),
    )
  })
})

describe('money', () => {
  it('adds and multiplies beyond what a float holds', () => {
    expect(add(fen('9007199254740993'), fen(1))).toBe(9007199254740994n)
    expect(times(fen(9007199254740991n), 3)).toBe(27021597764222973n)
  })

  it('of nothing is zero, a difference may be negative, and the smaller of two is one of them', () => {
    expect([add(), zero]).toEqual([0n, 0n])
    expect([minus(fen(3), fen(1)), minus(fen(1), fen(3))]).toEqual([2n, -2n])
    expect([least(fen(1), fen(2)), least(fen(2), fen(1)), least(fen(2), fen(2))]).toEqual([1n, 1n, 2n])
  })

  it('refuses what is not a whole number of fen', () => {
    expect(() => fen(0.1)).toThrow()
    expect(() => fen('1.5')).toThrow()
  })

  it('travels as a decimal string with its currency', () => {
    expect(moneyJson(fen(1234))).toEqual({ fen: '1234', currency: 'CNY' })
  })

  it.each([
    [0n, '0.00'],
    [5n, '0.05'],
    [1234n, '12.34'],
    [-7n, '-0.07'],
    [-1234n, '-12.34'],
  ])('%s fen reads %s yuan', (amount, text) => {
    expect(yuan(fen(amount))).toBe(text)
  })
})
