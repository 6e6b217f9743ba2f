import { listOrders, readAttempts, readLog, readOrder } from '../../../db/reads/orders.ts'
import { readRefunds } from '../../../db/reads/refunds.ts'
import type { AddressId, CouponId, OrderId } from '../../../domain/ids.ts'
import { refuse } from '../../../domain/refusals.ts'
import { clientAddress } from '../../client-address.ts'
import type { ApiDeps } from '../../deps.ts'
import { Problem } from '../errors/problem.ts'
import { signedIn } from '../middleware/identity.ts'
import { operation } from '../operation.ts'
import { routes } from '../routing.ts'
import {
  orderPage,
  orderQuery,
  orderSchema,
  orderWithStory,
  pendingSchema,
  placement,
} from '../schemas/order.ts'
import { attemptSchema, paymentRequest } from '../schemas/payment.ts'
import { bearer, body, header, idParam, json } from '../schemas/values.ts'
import { attemptView, orderView, orderWithStoryView } from '../views/order.ts'

const where = { Location: header('Where the order is.', '/v1/orders/7263549184000000001') }
const about = { tags: ['Orders'], security: bearer }

const place = operation(
  {
    ...about,
    method: 'post',
    path: '/v1/orders',
    operationId: 'placeOrder',
    summary: 'Places a quote',
    description:
      'The same token with the same choice gets the same answer, for ever; with another choice, ' +
      '`token_reused`. A refused order leaves its row, hidden in lists, with its `refusal`.',
    request: { body: body(placement) },
    responses: {
      201: json('Placed', orderSchema, where),
      202: json('Still being placed', pendingSchema, where),
    },
  },
  'quote_expired',
  'quote_forged',
  'token_reused',
  'empty_order',
  'quantity_invalid',
  'sku_unknown',
  'not_on_sale',
  'price_changed',
  'amount_changed',
  'out_of_stock',
  'coupon_unavailable',
  'balance_insufficient',
  'points_insufficient',
  'too_many_unpaid_orders',
  'too_many_pieces',
  'on_delivery_unavailable',
  'address_unknown',
  'buyer_blocked',
  'unavailable',
)

const list = operation({
  ...about,
  method: 'get',
  path: '/v1/orders',
  operationId: 'listOrders',
  summary: 'Your orders, newest first',
  description: 'Orders that are being placed or were refused are not shown.',
  request: { query: orderQuery },
  responses: { 200: json('A page of orders', orderPage) },
})

const one = operation({
  ...about,
  method: 'get',
  path: '/v1/orders/{id}',
  operationId: 'getOrder',
  summary: 'An order with its log, its payments and its refunds',
  description: 'Goods, prices and address are those of when it was placed.',
  request: { params: idParam },
  responses: { 200: json('The order', orderWithStory) },
})

const pay = operation(
  {
    ...about,
    method: 'post',
    path: '/v1/orders/{id}/payments',
    operationId: 'payOrder',
    summary: 'Opens a payment, or gives the open one again',
    description:
      'Repeated, the same again until it expires. Another channel first closes the open attempt at its ' +
      'provider. What the provider’s page says to the browser decides nothing; the order does.',
    request: { params: idParam, body: body(paymentRequest) },
    responses: { 201: json('What is needed to pay', attemptSchema) },
  },
  'already_paid',
  'attempt_unsettled',
  'order_closing',
  'order_closed',
  'not_payable',
  'payment_refused',
  'too_many_attempts',
  'balance_insufficient',
  'unavailable',
)

const cancel = operation(
  {
    ...about,
    method: 'post',
    path: '/v1/orders/{id}/cancel',
    operationId: 'cancelOrder',
    summary:
      'Closes an order that is not paid, as its deadline would; refunds one that is paid and not shipped',
    description: 'Takes the deadline’s way: an open attempt is closed at its provider first.',
    request: { params: idParam },
    responses: {
      200: json('Closed', orderSchema),
      202: json('Closing; the provider is being asked', orderSchema),
    },
  },
  'already_paid',
  'not_payable',
  'not_refundable',
  'nothing_to_refund',
  'unavailable',
)

/** Orders of the buyer who asks; anybody else's are not there. */
export function orderRoutes(
  deps: Pick<ApiDeps, 'db' | 'bearers' | 'quoteTokens' | 'placing' | 'paying' | 'trustedProxies'>,
) {
  const { db, quoteTokens, placing, paying, trustedProxies } = deps
  const app = routes()
  app.use('/v1/orders/*', signedIn(deps))
  return app
    .openapi(place, async (c) => {
      const { quoteToken, addressId, couponId, ...rest } = c.req.valid('json')
      const { quote, expired } = await quoteTokens.verify(quoteToken)
      if (quote.buyer !== c.var.buyer) return refuse('quote_forged', {})
      c.set('orderId', quote.id)
      // The schema has checked that they are ids.
      const choice = {
        ...rest,
        addressId: addressId as AddressId,
        couponId: couponId as CouponId | undefined,
      }
      const { state, orderId } = await placing.place({ quote, expired, choice })
      const look = `/v1/orders/${orderId}`
      c.header('location', look)
      if (state === 'pending') return c.json({ orderId, look }, 202)
      return c.json(orderView(await mine(orderId, c.var.buyer)), 201)
    })
    .openapi(list, async (c) => {
      const { cursor, limit, status } = c.req.valid('query')
      const found = await listOrders(db.sql, c.var.buyer, { status, before: cursor, limit: limit + 1 })
      const orders = found.slice(0, limit).map(orderView)
      return c.json({ orders, next: found.length > limit ? (orders.at(-1)?.id ?? null) : null }, 200)
    })
    .openapi(one, async (c) => {
      const id = c.req.valid('param').id as OrderId // The schema has checked that it is an id.
      c.set('orderId', id)
      const [order, log, attempts, refunds] = await Promise.all([
        mine(id, c.var.buyer),
        readLog(db.sql, id),
        readAttempts(db.sql, id),
        readRefunds(db.sql, id),
      ])
      return c.json(orderWithStoryView(order, { log, attempts, refunds }), 200)
    })
    .openapi(pay, async (c) => {
      const id = c.req.valid('param').id as OrderId // The schema has checked that it is an id.
      c.set('orderId', id)
      const { channel, openid } = c.req.valid('json')
      const payer = {
        ...(openid !== undefined && { openid }),
        ...(channel === 'wechat-v3-h5' && { ip: clientAddress(trustedProxies, c) }),
      }
      return c.json(attemptView(await paying.pay(id, c.var.buyer, { channel, payer })), 201)
    })
    .openapi(cancel, async (c) => {
      const id = c.req.valid('param').id as OrderId // The schema has checked that it is an id.
      c.set('orderId', id)
      await placing.cancel(id, c.var.buyer)
      const order = orderView(await mine(id, c.var.buyer))
      return order.status === 'closed' ? c.json(order, 200) : c.json(order, 202)
    })

  async function mine(id: OrderId, buyer: Parameters<typeof readOrder>[2]) {
    const order = await readOrder(db.sql, id, buyer)
    if (!order) throw new Problem('not_found')
    return order
  }
}
