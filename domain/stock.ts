/** What a warehouse could give of one SKU. A smaller priority comes first. */
export type Shelf = { sku: string; warehouse: number; priority: number; free: number }

/** Pieces of a SKU that come from (or go to) a warehouse's shelf. */
export type Allocation = { sku: string; warehouse: number; pieces: number }

type Wanted = { sku: string; quantity: number }

/**
 * Decides where an order's pieces come from: from one warehouse for the whole order where that can be, else
 * by priority, a line split where needed. `short` names the SKUs of which all shelves together have too few;
 * then nothing is allocated.
 */
export function allocateStock(
  wanted: readonly Wanted[],
  shelves: readonly Shelf[],
): { allocations: Allocation[]; short: string[] } {
  const byPriority = [...shelves].sort((a, b) => a.priority - b.priority || a.warehouse - b.warehouse)
  const whole = oneWarehouse(wanted, byPriority)
  if (whole !== undefined) {
    const allocations = wanted.map(({ sku, quantity }) => ({ sku, warehouse: whole, pieces: quantity }))
    return { allocations, short: [] }
  }
  const allocations: Allocation[] = []
  const short: string[] = []
  for (const { sku, quantity } of wanted) {
    let left = quantity
    for (const shelf of byPriority) {
      const pieces = shelf.sku === sku ? Math.min(left, shelf.free) : 0
      if (pieces > 0) allocations.push({ sku, warehouse: shelf.warehouse, pieces })
      left -= pieces
    }
    if (left > 0) short.push(sku)
  }
  return short.length > 0 ? { allocations: [], short } : { allocations, short }
}

/** The first warehouse that has enough of everything; undefined when none has. */
function oneWarehouse(wanted: readonly Wanted[], byPriority: readonly Shelf[]): number | undefined {
  const hasEnough = (warehouse: number, { sku, quantity }: Wanted) =>
    byPriority.some((shelf) => shelf.warehouse === warehouse && shelf.sku === sku && shelf.free >= quantity)
  const warehouses = new Set(byPriority.map((shelf) => shelf.warehouse))
  return [...warehouses].find((warehouse) => wanted.every((one) => hasEnough(warehouse, one)))
}
