import { describe, expect, it } from 'vitest'
import { checkQuantity, mostPieces } from '../../domain/quantity.ts'
import { Refused } from '../../domain/refusals.ts'

describe('the pieces of a line', () => {
  it.each([1, 2, 998, 999])('may be %s', (quantity) => {
    expect(() => checkQuantity('7', quantity)).not.toThrow()
  })

  it.each([0, -1, 1000, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('are not %s', (quantity) => {
    const refusal = { code: 'quantity_invalid', details: { sku: '7', quantity } }
    expect(() => checkQuantity('7', quantity)).toThrow(Refused)
    expect(() => checkQuantity('7', quantity)).toThrow(expect.objectContaining({ refusal }))
  })

  it('are 999 at the most', () => {
    expect(mostPieces).toBe(999)
  })
})
