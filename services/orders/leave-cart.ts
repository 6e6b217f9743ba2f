import type { Logger } from 'pino'
import type { Sql } from '../../db/types.ts'
import type { OrderInput } from '../../domain/order-input.ts'
import type { Carts } from '../../redis/carts/carts.ts'
import { queueCartBought } from './outbox.ts'

/**
 * Takes the bought lines out of the cart, and only those. The order is confirmed by now and nothing may undo
 * that: with Redis away it is written in the outbox, and the jobs process does it later.
 */
export async function leaveCart(
  { sql, carts, log }: { sql: Sql; carts: Pick<Carts, 'removeBought'>; log: Logger },
  { orderId, buyerId, lines }: OrderInput,
): Promise<void> {
  const bought = lines.flatMap(({ sku, cartLine }) =>
    cartLine === undefined ? [] : [{ sku, line: cartLine }],
  )
  if (bought.length === 0) return
  try {
    await carts.removeBought(buyerId, bought)
  } catch (error) {
    log.warn({ orderId, error }, 'the cart keeps the bought lines until the jobs has taken them out')
    await queueCartBought(sql, orderId, { buyerId, bought })
  }
}
