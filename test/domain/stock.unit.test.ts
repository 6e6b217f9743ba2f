import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allocateStock, type Shelf } from '../../domain/stock.ts'

/** `A×5 in 1` is a shelf of warehouse 1, with priority 1. */
function shelf(text: string, priority?: number): Shelf {
  const [, sku = '', free, warehouse] = /^(\w)×(\d+) in (\d)$/.exec(text) ?? []
  return { sku, warehouse: Number(warehouse), priority: priority ?? Number(warehouse), free: Number(free) }
}
const shelves = (...texts: string[]) => texts.map((text) => shelf(text))
const wanted = (lines: Record<string, number>) =>
  Object.entries(lines).map(([sku, quantity]) => ({ sku, quantity }))
const inWords = ({ allocations, short }: ReturnType<typeof allocateStock>) => ({
  takes: allocations.map(({ sku, warehouse, pieces }) => `${sku}×${pieces} in ${warehouse}`),
  short,
})
const allocated = (lines: Record<string, number>, ...texts: string[]) =>
  inWords(allocateStock(wanted(lines), shelves(...texts)))

describe('an order takes its pieces', () => {
  it('from one warehouse that has all of them, the last one too, before a better one that has not', () => {
    expect(allocated({ A: 2, B: 3 }, 'A×9 in 1', 'B×2 in 1', 'A×2 in 2', 'B×3 in 2')).toEqual({
      takes: ['A×2 in 2', 'B×3 in 2'],
      short: [],
    })
  })

  it('from the warehouse of the smaller priority, of the smaller number where priorities are equal', () => {
    expect(inWords(allocateStock(wanted({ A: 1 }), [shelf('A×1 in 1', 9), shelf('A×1 in 2', 3)]))).toEqual({
      takes: ['A×1 in 2'],
      short: [],
    })
    expect(inWords(allocateStock(wanted({ A: 1 }), [shelf('A×1 in 3', 5), shelf('A×1 in 2', 5)]))).toEqual({
      takes: ['A×1 in 2'],
      short: [],
    })
  })

  it('from several where none has all, by priority, a line split where it must be, nothing from an empty one', () => {
    expect(
      allocated({ A: 5, B: 1 }, 'A×2 in 1', 'B×0 in 1', 'A×9 in 2', 'B×0 in 2', 'A×9 in 3', 'B×4 in 4'),
    ).toEqual({ takes: ['A×2 in 1', 'A×3 in 2', 'B×1 in 4'], short: [] })
  })

  it('not at all when any SKU is short, and says which', () => {
    expect(allocated({ A: 3, B: 1, C: 1 }, 'A×1 in 1', 'A×1 in 2', 'B×1 in 1')).toEqual({
      takes: [],
      short: ['A', 'C'],
    })
  })

  it('not from shelves of other goods', () => {
    expect(allocated({ A: 1 }, 'B×9 in 1')).toEqual({ takes: [], short: ['A'] })
  })

  it('whatever lies where: exactly what is wanted, never more than a shelf has, short only what is short', () => {
    const skus = ['A', 'B', 'C']
    const some = fc.array(
      fc.record({
        sku: fc.constantFrom(...skus),
        warehouse: fc.integer({ min: 1, max: 4 }),
        free: fc.integer({ min: 0, max: 6 }),
      }),
      { maxLength: 12 },
    )
    const wants = fc.dictionary(fc.constantFrom(...skus), fc.integer({ min: 1, max: 8 }), { minKeys: 1 })
    fc.assert(
      fc.property(some, wants, (lying, demanded) => {
        const found = new Map(lying.map((one) => [`${one.sku} ${one.warehouse}`, one]))
        const all = [...found.values()].map((one) => ({ ...one, priority: one.warehouse % 3 }))
        const { allocations, short } = allocateStock(wanted(demanded), all)
        const freeOf = (sku: string) =>
          all.filter((one) => one.sku === sku).reduce((sum, { free }) => sum + free, 0)
        expect(short).toEqual(Object.keys(demanded).filter((sku) => freeOf(sku) < (demanded[sku] ?? 0)))
        for (const { sku, warehouse, pieces } of allocations) {
          expect(pieces).toBeGreaterThan(0)
          expect(pieces).toBeLessThanOrEqual(found.get(`${sku} ${warehouse}`)?.free ?? 0)
        }
        for (const [sku, quantity] of Object.entries(demanded)) {
          const taken = allocations.filter((one) => one.sku === sku).reduce((sum, one) => sum + one.pieces, 0)
          expect(taken).toBe(short.length > 0 ? 0 : quantity)
        }
      }),
    )
  })
})
