import type { Sql } from '../../../db/types.ts'
import type { AttemptNumber, OrderId } from '../../../domain/ids.ts'
import type { OrderInput } from '../../../domain/order-input.ts'
import { closeOrder } from '../../../services/orders/close.ts'
import { markClosed } from '../../../services/payments/attempts/states.ts'
import type { Till } from '../../support/paying.ts'
import type { Shop } from '../../support/shop.ts'
import { confirmed, everything } from '../orders/everything.ts'

export type Payable = { input: OrderInput; order: OrderId; attempt: AttemptNumber }

/** An order with everything that awaits its payment, with an open attempt at the provider `pay`. */
export async function payable(sql: Sql, shop: Shop, till: Till): Promise<Payable> {
  const input = await everything(shop)
  const order = await confirmed(sql, input)
  return { input, order, attempt: await till.attempt(order, input.buyerId) }
}

/** Closed by its deadline, after the provider said that its attempt is closed. */
export async function closedUnpaid(sql: Sql, shop: Shop, till: Till): Promise<Payable> {
  const made = await payable(sql, shop, till)
  await closeOrder(sql, made.order, 'pay_timeout')
  await markClosed(sql, made.attempt)
  await closeOrder(sql, made.order, 'pay_timeout')
  return made
}
