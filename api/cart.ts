import { readSkus } from '../db/reads/catalogue.ts'
import type { SkuId } from '../domain/ids.ts'
import { checkQuantity } from '../domain/quantity.ts'
import { refuse } from '../domain/refusals.ts'
import type { AnonymousBounds, CartOwner } from '../runtime/container.ts'
import type { ApiDeps } from './deps.ts'
import { Problem } from './http/errors/problem.ts'
import { cartView } from './http/views/cart.ts'

type Deps = Pick<ApiDeps, 'db' | 'carts'>

/** The cart with the goods as they are now. */
export async function showCart({ db, carts }: Deps, owner: CartOwner) {
  const lines = await carts.lines(owner)
  const skus = await readSkus(
    db,
    lines.map((line) => line.sku),
  )
  return cartView(lines, skus)
}

/**
 * Puts pieces into the cart at today's price.
 * @throws {Refused} quantity_invalid, sku_unknown, not_on_sale
 * @throws {Problem} cart_full; too_many_carts of nobody's from this address
 */
export async function addToCart(
  { db, carts }: Deps,
  owner: CartOwner,
  { sku, quantity, anonymous }: { sku: SkuId; quantity: number; anonymous: AnonymousBounds },
): Promise<void> {
  checkQuantity(sku, quantity)
  const live = (await readSkus(db, [sku])).get(sku)
  if (!live) return refuse('sku_unknown', { sku })
  if (!live.onSale) return refuse('not_on_sale', { sku })
  const added = await carts.add(owner, { sku, quantity, price: live.price }, anonymous)
  if (added === 'too_many') refuse('quantity_invalid', { sku, quantity })
  if (added === 'full' || added === 'too_many_carts')
    throw new Problem(added === 'full' ? 'cart_full' : 'too_many_carts')
}
