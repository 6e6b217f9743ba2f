import { pointsFor } from './amounts.ts'
import { flashSku, type Order, type Trade, type World } from './world.ts'

export const orderOf = ({ orders }: World, key: string): Order => {
  const order = orders[key]
  if (!order) throw new Error(`the model has no order ${key}`)
  return order
}
export const tradeOf = ({ trades }: World, key: string): Trade => {
  const trade = trades[key]
  if (!trade) throw new Error(`the model has no trade ${key}`)
  return trade
}
export const buyerOf = (world: World, n: number) => {
  const buyer = world.buyers[n]
  if (!buyer) throw new Error(`the model has no buyer ${n}`)
  return buyer
}
export const skuOf = (world: World, n: number) => {
  const sku = world.skus[n]
  if (!sku) throw new Error(`the model has no SKU ${n}`)
  return sku
}

/** The goods are sold, the coupon is spent, money earns points. */
export function settle(world: World, key: string, paidBy: string): void {
  const order = orderOf(world, key)
  const buyer = buyerOf(world, order.buyer)
  for (const { sku: n, quantity } of order.lines) {
    const sku = skuOf(world, n)
    sku.sales += quantity
    if (order.kind === 'flash') continue // Its pieces left the shelf when the sale began.
    sku.onHand -= quantity
    sku.reserved -= quantity
  }
  if (order.coupon) buyer.coupons[order.coupon] = 'used'
  order.status = 'to_ship'
  order.payState = paidBy === 'on delivery' ? 'on_delivery' : 'paid'
  order.paidBy = paidBy
  order.open = undefined
  if (paidBy === 'on delivery') return
  const earned = pointsFor(order.amounts.due + order.amounts.balance)
  buyer.points += earned
  buyer.growth += earned
}

/** Everything that the order held is free again. */
export function close(world: World, key: string): void {
  const order = orderOf(world, key)
  const buyer = buyerOf(world, order.buyer)
  if (order.kind === 'flash') backToOffer(world, order, order.ticket)
  else for (const { sku, quantity } of order.lines) skuOf(world, sku).reserved -= quantity
  if (order.coupon) buyer.coupons[order.coupon] = 'unused'
  buyer.wallet += order.amounts.balance
  buyer.points += order.amounts.points
  order.status = 'closed'
  if (order.open) closeTrade(tradeOf(world, order.open))
  order.open = undefined
}

export const closeTrade = (trade: Trade): void => {
  if (trade.atProvider === 'open') trade.atProvider = 'closed'
}

export function backToOffer({ offer, skus }: World, order: Order, pieces: number): void {
  order.ticket -= pieces
  offer.granted -= pieces
  offer.sold -= pieces
  if (!offer.ended) return
  offer.quota -= pieces
  const sku = skus[flashSku]
  if (sku) sku.onHand += pieces
}

export function endSale({ offer, skus }: World): void {
  const sku = skus[flashSku]
  if (sku) sku.onHand += offer.quota - offer.granted
  offer.quota = offer.granted
  offer.ended = true
}
