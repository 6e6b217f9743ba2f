import type { LiveSku } from '../../../db/reads/catalogue.ts'
import type { SkuId } from '../../../domain/ids.ts'
import { add, moneyJson, times } from '../../../domain/money.ts'
import type { CartLine } from '../../../runtime/container.ts'

/**
 * A cart as its page shows it: what was put in, and how each of it is now. A SKU that is gone is neither on
 * sale nor in stock.
 */
export function cartView(lines: readonly CartLine[], skus: ReadonlyMap<SkuId, LiveSku>) {
  const selected = lines.filter((line) => line.selected && skus.get(line.sku)?.onSale)
  return {
    lines: lines.map((line) => lineView(line, skus.get(line.sku))),
    selectedPieces: selected.reduce((pieces, { quantity }) => pieces + quantity, 0),
    selectedTotal: moneyJson(
      add(...selected.map(({ sku, quantity, price }) => times(skus.get(sku)?.price ?? price, quantity))),
    ),
  }
}

const lineView = ({ line, sku, quantity, selected, price, addedAt }: CartLine, now: LiveSku | undefined) => ({
  line,
  sku,
  name: now?.name ?? '',
  image: now?.image ?? '',
  attributes: now?.attributes ?? {},
  quantity,
  selected,
  priceWhenAdded: moneyJson(price),
  price: now ? moneyJson(now.price) : null,
  priceChanged: now !== undefined && now.price !== price,
  onSale: now?.onSale ?? false,
  stock: now?.stock ?? 0,
  addedAt: addedAt.toISOString(),
})
