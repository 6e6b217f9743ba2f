import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fen, minus } from '../../domain/money.ts'
import { pointsFor, pointsTakenBack } from '../../domain/points.ts'

describe('points', () => {
  it('are one for each whole yuan', () => {
    expect([0, 99, 100, 199, 200, 10_999].map((money) => pointsFor(fen(money)))).toEqual([
      0n,
      0n,
      1n,
      1n,
      2n,
      109n,
    ])
  })

  it('are taken back in proportion: an order keeps what the money that it keeps would have earned', () => {
    expect(pointsTakenBack(fen(10_999), fen(3333))).toBe(33n)
    expect(pointsTakenBack(fen(10_999), fen(99))).toBe(0n)
    expect(pointsTakenBack(fen(10_999), fen(100))).toBe(1n)
    expect(pointsTakenBack(fen(10_999), fen(10_999))).toBe(109n)
  })

  it('in whatever parts the money goes back, go with it to the last one, and never come back', () => {
    const parts = fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 20 })
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1_000_000n }), parts, (money, wanted) => {
        let kept = fen(money)
        let taken = 0n
        for (const part of wanted) {
          const refunded = fen(BigInt(part) < kept ? BigInt(part) : kept)
          const back = pointsTakenBack(kept, refunded)
          expect(back).toBeGreaterThanOrEqual(0n)
          taken += back
          kept = minus(kept, refunded)
          expect(pointsFor(fen(money)) - taken).toBe(pointsFor(kept))
        }
        expect(taken + pointsTakenBack(kept, kept)).toBe(pointsFor(fen(money)))
      }),
    )
  })
})
