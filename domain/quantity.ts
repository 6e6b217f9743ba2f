import { refuse } from './refusals.ts'

/** Pieces of one SKU that a cart line or an order line may have at the most. */
export const mostPieces = 999

/** @throws {Refused} `quantity_invalid` for what is no whole number from 1 to 999. */
export function checkQuantity(sku: string, quantity: number): void {
  if (!Number.isInteger(quantity) || quantity < 1 || quantity > mostPieces)
    refuse('quantity_invalid', { sku, quantity })
}
