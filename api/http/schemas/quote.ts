import { z } from '@hono/zod-openapi'
import { addressSchema } from './address.ts'
import { quantity } from './cart.ts'
import {
  attributes,
  decimal,
  exampleId,
  flag,
  idOf,
  momentOf,
  moneyOf,
  nullable,
  text,
  whole,
} from './values.ts'

export const quoteRequest = z
  .strictObject({
    lines: z
      .array(z.strictObject({ sku: idOf('The SKU.'), quantity }))
      .max(200)
      .optional()
      .openapi({ description: 'What to order; without lines, the selected lines of the cart.' }),
    source: z
      .enum(['web', 'app', 'mini_program'])
      .default('web')
      .openapi({ description: 'Where the buyer orders; kept with the order.', example: 'web' }),
  })
  .openapi('QuoteRequest', { description: 'What to price.' })

const lineSchema = z
  .object({
    sku: idOf('The SKU.'),
    name: text('Its name.', '龙井茶 250 g'),
    image: text('Its picture’s URL; may be empty.', '/images/tea.png'),
    attributes,
    unitPrice: moneyOf('The price of a piece; the order is placed at this price or refused.'),
    quantity: whole('Pieces.', 2),
    amount: moneyOf('Unit price × pieces.', '3998'),
    stock: whole('Pieces that no order holds, over all warehouses.', 10),
    inStock: flag('Whether that is enough.'),
    cartLine: z
      .string()
      .nullable()
      .openapi({ description: 'The cart’s line that it comes from; null when given.', example: 'c3f1' }),
  })
  .openapi('QuoteLine', { description: 'A line of the order to be.' })

const rate = z
  .object({
    fee: moneyOf('The shipping fee.', '1000'),
    freeFrom: nullable(
      moneyOf('The amount of goods from which shipping is free.', '9900'),
      'The amount of goods from which shipping is free; null: never.',
    ),
  })
  .openapi('ShippingRate', { description: 'What shipping to a province costs.' })

const coupon = {
  id: idOf('The buyer’s coupon: `couponId` of placing.'),
  name: text('Its name.', '满 50 减 5'),
  kind: z
    .enum(['amount_off', 'percent_off', 'free_shipping'])
    .openapi({ description: 'What it does.', example: 'amount_off' }),
  validUntil: momentOf('Until when it can be used.'),
}
const usableCoupon = z
  .object({
    ...coupon,
    off: moneyOf('What it takes off the goods, or the fee that free shipping saves.', '500'),
    shipping: nullable(
      moneyOf('The shipping fee with it.', '1000'),
      'The shipping fee with it, to the default address; null without an address.',
    ),
    usablePoints: decimal('Points that can be used beside it.', '1500'),
  })
  .openapi('UsableCoupon', { description: 'A coupon that fits the order.' })
const unusableCoupon = z
  .object({
    ...coupon,
    reason: z
      .enum(['used', 'expired', 'not_yours', 'below_minimum', 'out_of_scope'])
      .openapi({ description: 'Why it does not fit.', example: 'below_minimum' }),
  })
  .openapi('UnusableCoupon', { description: 'A coupon that does not fit the order.' })

const shipping = z.object({
  fee: nullable(
    moneyOf('The fee.', '1000'),
    'To the default address, without a coupon; null without an address.',
  ),
  rates: z.record(z.string(), rate).openapi({
    description: 'What shipping costs, by province; `*` for every other one.',
    example: { '*': { fee: { fen: '1000', currency: 'CNY' }, freeFrom: null } },
  }),
})
const coupons = z.object({
  usable: z.array(usableCoupon).openapi({ description: 'Those that fit.' }),
  unusable: z.array(unusableCoupon).openapi({ description: 'Those that do not, with why.' }),
})
const points = z.object({
  available: decimal('Points that the buyer has.', '3000'),
  usable: decimal('Points that can be used without a coupon.', '1999'),
})
const balance = z.object({
  available: moneyOf('What the wallet holds.', '10000'),
  usable: moneyOf('How much of it can be used.', '3998'),
})

export const quoteSchema = z
  .object({
    quoteToken: text(
      'Places the order: `quoteToken` of placing. Signed; it says what the buyer saw.',
      'eyJ…',
    ),
    orderId: idOf('The id that the order will have.'),
    expiresAt: momentOf('Until when the token can become an order.'),
    lines: z.array(lineSchema).openapi({ description: 'What is ordered.' }),
    goods: moneyOf('The sum of the lines.', '3998'),
    addresses: z
      .array(addressSchema)
      .openapi({ description: 'The buyer’s addresses, the default one first.' }),
    defaultAddressId: z
      .string()
      .nullable()
      .openapi({ description: 'The default address; null without one.', example: exampleId }),
    shipping: shipping.openapi({ description: 'What shipping costs.' }),
    coupons: coupons.openapi({ description: 'The buyer’s coupons.' }),
    points: points.openapi({ description: 'Points; 100 are worth 1 yuan.' }),
    balance: balance.openapi({ description: 'The wallet.' }),
    total: moneyOf('Goods and shipping to the default address, before coupon, points and balance.', '4998'),
  })
  .openapi('Quote', { description: 'All that a confirm page shows.' })
