/** What a warehouse could give of one SKU. A smaller priority comes first. */
export type Shelf = { sku: string; warehouse: number; priority: number; free: number }

export type Taken = { sku: string; warehouse: number; pieces: number }

/**
 * Finds where an order's pieces come from: from one warehouse for the whole order where that can be, else by priority, a line split where
 * needed. `short` names the SKUs that no way can be found for; then nothing is taken.
 */
export function allocateStock(
  wanted: readonly { sku: string; quantity: number }[],
  shelves: readonly Shelf[],
): { taken: Taken[]; short: string[] } {
  const byPriority = [...shelves].sort((a, b) => a.priority - b.priority || a.warehouse - b.warehouse)
  const whole = oneWarehouse(wanted, byPriority)
  if (whole !== undefined)
    return {
      taken: wanted.map(({ sku, quantity }) => ({ sku, warehouse: whole, pieces: quantity })),
      short: [],
    }

  const taken: Taken[] = []
  const short: string[] = []
  for (const { sku, quantity } of wanted) {
    let left = quantity
    for (const shelf of byPriority) {
      const pieces = shelf.sku === sku ? Math.min(left, shelf.free) : 0
      if (pieces > 0) taken.push({ sku, warehouse: shelf.warehouse, pieces })
      left -= pieces
    }
    if (left > 0) short.push(sku)
  }
  return short.length > 0 ? { taken: [], short } : { taken, short }
}

function oneWarehouse(
  wanted: readonly { sku: string; quantity: number }[],
  byPriority: readonly Shelf[],
): number | undefined {
  const canGive = (warehouse: number, sku: string, quantity: number) =>
    byPriority.some((shelf) => shelf.warehouse === warehouse && shelf.sku === sku && shelf.free >= quantity)
  const warehouses = new Set(byPriority.map((shelf) => shelf.warehouse))
  return [...warehouses].find((warehouse) =>
    wanted.every(({ sku, quantity }) => canGive(warehouse, sku, quantity)),
  )
}
