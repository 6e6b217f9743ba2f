import { z } from '@hono/zod-openapi'
import { addressSchema } from './address.ts'
import { quantity } from './cart.ts'
import { attributes } from './goods.ts'
import { id, moment, money } from './values.ts'

export const quoteRequest = z
  .strictObject({
    /** Without lines: the selected lines of the cart. */
    lines: z
      .array(z.strictObject({ sku: id, quantity }))
      .max(200)
      .optional(),
    source: z.enum(['web', 'app', 'mini_program']).default('web'),
  })
  .openapi('QuoteRequest')

const rate = z.object({ fee: money, freeFrom: money.nullable() })

export const quoteSchema = z
  .object({
    quoteToken: z.string(),
    /** The number that the order will have. */
    orderId: z.string(),
    expiresAt: moment,
    lines: z.array(
      z.object({
        sku: z.string(),
        name: z.string(),
        image: z.string(),
        attributes,
        unitPrice: money,
        quantity: z.number(),
        amount: money,
        stock: z.number(),
        inStock: z.boolean(),
        cartLine: z.string().nullable(),
      }),
    ),
    goods: money,
    addresses: z.array(addressSchema),
    defaultAddressId: z.string().nullable(),
    /** `fee`: to the default address, without a coupon; null without an address. `*` in `rates`: every other province. */
    shipping: z.object({ fee: money.nullable(), rates: z.record(z.string(), rate) }),
    coupons: z.object({
      /** `off`: from the goods, or the fee that free shipping saves. `shipping`: the fee with it. */
      usable: z.array(
        z.object({
          id: z.string(),
          name: z.string(),
          kind: z.string(),
          off: money,
          shipping: money.nullable(),
          usablePoints: z.string(),
          validUntil: moment,
        }),
      ),
      unusable: z.array(
        z.object({
          id: z.string(),
          name: z.string(),
          kind: z.string(),
          reason: z.enum(['used', 'expired', 'not_yours', 'below_minimum', 'out_of_scope']),
          validUntil: moment,
        }),
      ),
    }),
    /** 100 points are 1 yuan. `usable`: without a coupon. */
    points: z.object({ available: z.string(), usable: z.string() }),
    balance: z.object({ available: money, usable: money }),
    /** Goods and shipping to the default address, before coupon, points and balance. */
    total: money,
  })
  .openapi('Quote')
