import { z } from '@hono/zod-openapi'
import { hidden, kinds, payStates, shippingStates, statuses } from '../../../domain/order.ts'
import { type RefusalCode, refusalStatus } from '../../../domain/refusals.ts'
import { addressSnapshot } from './address.ts'
import { attemptWithMoney } from './payment.ts'
import { refundSchema } from './refund.ts'
import {
  attributes,
  count,
  decimal,
  exampleId,
  fenText,
  idOf,
  moment,
  momentOf,
  moneyOf,
  next,
  nullable,
  page,
  text,
  whole,
  words,
} from './values.ts'

const payment = z.enum(['online', 'on_delivery']).openapi({
  description: 'Paid now, or to whoever delivers (货到付款).',
  example: 'online',
})
const status = z.enum(statuses).openapi({
  description:
    'Where the order is: `placing` → `awaiting_payment` → `to_ship` → `shipped` → `received` → `completed`; ' +
    '`rejected` when placing was refused; `closing` → `closed` when it is not paid or is cancelled.',
  example: 'awaiting_payment',
})

export const placement = z
  .strictObject({
    quoteToken: z.string().min(1).max(60_000).openapi({ description: 'Of the quote.', example: 'eyJ…' }),
    addressId: idOf('Where to send the goods: one of the buyer’s addresses.'),
    couponId: idOf('One of the buyer’s coupons.').optional(),
    points: count.optional().openapi({
      description: 'Points to spend; 100 are 1 yuan. At most half of the goods.',
      example: '1000',
    }),
    balance: fenText
      .optional()
      .openapi({ description: 'Fen from the wallet at the most; bounded by what is due.', example: '2000' }),
    payment,
    note: words(0, 500).optional().openapi({ description: 'For whoever packs.', example: '请放在门口' }),
  })
  .openapi('Placement', { description: 'The buyer’s choice.' })

const amounts = z.object({
  goods: moneyOf('The sum of the lines.', '4499'),
  shipping: moneyOf('The shipping fee.', '1000'),
  coupon: moneyOf('What the coupon took off.', '399'),
  points: moneyOf('What the points are worth.', '1000'),
  balance: moneyOf('What the wallet paid.', '2000'),
  due: moneyOf('What is left to pay: goods + shipping − coupon − points − balance.', '2100'),
})

const orderLine = z
  .object({
    line: whole('The line’s number, from 1.', 1),
    sku: idOf('The SKU.'),
    name: text('Its name when the order was placed.', '龙井茶 250 g'),
    image: text('Its picture’s URL then; may be empty.', '/images/tea.png'),
    attributes,
    unitPrice: moneyOf('The price of a piece.'),
    quantity: whole('Pieces.', 2),
    amount: moneyOf('Unit price × pieces.', '3998'),
    coupon: moneyOf('This line’s share of what the coupon took off.', '399'),
    points: moneyOf('This line’s share of what the points paid.', '0'),
    balance: moneyOf('This line’s share of what the wallet paid.', '0'),
  })
  .openapi('OrderLine', { description: 'A line of an order, as the goods were when it was placed.' })

const refusalCodes = Object.keys(refusalStatus) as [RefusalCode, ...RefusalCode[]] // It is keyed by them.
const refusal = z
  .object({
    code: z.enum(refusalCodes).openapi({ description: 'The refusal.', example: 'out_of_stock' }),
    details: z
      .record(z.string(), z.unknown())
      .openapi({ description: 'As in the refusal’s problem.', example: { skus: [exampleId] } }),
  })
  .openapi('Refusal', { description: 'Why placing an order was refused.' })

const about = {
  id: idOf('The order’s id: the quote’s `orderId`.'),
  number: idOf('The same: what a buyer reads out on the telephone.'),
  kind: z
    .union([z.literal(kinds.normal), z.literal(kinds.seckill)])
    .openapi({ description: '1 normal, 2 from a flash sale.', example: 1 }),
  source: text('Where the buyer ordered: `web`, `app`, `mini_program`.', 'web'),
  status,
  payState: z.enum(payStates).openapi({ description: 'Where its money is.', example: 'unpaid' }),
  shippingState: z
    .enum(shippingStates)
    .openapi({ description: 'Where its goods are.', example: 'not_shipped' }),
  payment,
}
const times = {
  placedAt: momentOf('When it was placed.'),
  confirmedAt: moment.nullable().openapi({ description: 'When all was reserved; null until then.' }),
  payBy: moment.nullable().openapi({ description: 'Until when it can be paid; null when nothing is due.' }),
  paidAt: moment.nullable().openapi({ description: 'When it was paid; null until then.' }),
  closedAt: moment.nullable().openapi({ description: 'When it was closed; null unless it is.' }),
}

export const orderSchema = z
  .object({
    ...about,
    amounts: amounts.openapi({ description: 'What it costs, to the fen.' }),
    pointsUsed: decimal('Points spent; `amounts.points` is what they are worth.', '1000'),
    couponId: z
      .string()
      .nullable()
      .openapi({ description: 'The buyer’s coupon; null without one.', example: exampleId }),
    lines: z.array(orderLine).openapi({ description: 'What was ordered.' }),
    address: nullable(addressSnapshot, 'Where the goods go, as it was then; null where it was forgotten.'),
    note: text('The buyer’s note; may be empty.', '请放在门口'),
    ...times,
    closedWhy: z
      .enum(['pay_timeout', 'buyer_cancelled', 'operator_cancelled'])
      .nullable()
      .openapi({ description: 'Why it was closed; null unless it is.', example: 'pay_timeout' }),
    refusal: nullable(refusal, 'Why placing it was refused; null unless it is `rejected`.'),
  })
  .openapi('Order', { description: 'An order as its buyer sees it.' })

const logEntry = z
  .object({
    at: momentOf('When.'),
    from: z
      .enum(statuses)
      .nullable()
      .openapi({ description: 'The status before; null for the first.', example: 'placing' }),
    to: status,
    why: text('What happened.', 'paid'),
  })
  .openapi('OrderLogEntry', { description: 'A change of an order’s status.' })

export const orderWithStory = z
  .object({
    ...orderSchema.shape,
    log: z.array(logEntry).openapi({ description: 'What happened, first things first.' }),
    attempts: z.array(attemptWithMoney).openapi({ description: 'Every try to pay it, the first one first.' }),
    refunds: z.array(refundSchema).openapi({ description: 'Every refund, the first one first.' }),
  })
  .openapi('OrderWithStory', { description: 'An order with its log, its payments and its refunds.' })

export const orderPage = z
  .object({ orders: z.array(orderSchema).openapi({ description: 'The page, newest first.' }), next })
  .openapi('OrderPage', { description: 'A page of orders.' })

export const pendingSchema = z
  .object({
    orderId: idOf('The order’s id.'),
    look: text('Where to look for it.', `/v1/orders/${exampleId}`),
  })
  .openapi('Pending', { description: 'An order that is still being placed.' })

const shown = statuses.filter((one) => !hidden.includes(one))
export const orderQuery = page.extend({
  status: z
    .enum(shown)
    .optional()
    .openapi({ description: 'Only orders of this status.', example: 'to_ship' }),
})
