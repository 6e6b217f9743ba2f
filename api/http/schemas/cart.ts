import { z } from '@hono/zod-openapi'
import { attributes } from './goods.ts'
import { id, moment, money } from './values.ts'

/** `priceChanged`, `onSale`, `stock`: how the goods are now, beside the price when they were added. */
const cartLineSchema = z
  .object({
    line: z.string(),
    sku: z.string(),
    name: z.string(),
    image: z.string(),
    attributes,
    quantity: z.number(),
    selected: z.boolean(),
    priceWhenAdded: money,
    price: money.nullable(),
    priceChanged: z.boolean(),
    onSale: z.boolean(),
    stock: z.number(),
    addedAt: moment,
  })
  .openapi('CartLine')

/** `selectedTotal`: what the selected lines that are on sale cost now, without shipping. */
export const cartSchema = z
  .object({ lines: z.array(cartLineSchema), selectedPieces: z.number(), selectedTotal: money })
  .openapi('Cart')

/** Any number passes here: which quantities there can be is a refusal of its own (`quantity_invalid`). */
export const quantity = z.number().openapi({ type: 'integer', minimum: 1, maximum: 999, example: 1 })

export const addition = z.strictObject({ sku: id, quantity: quantity.default(1) })
export const lineChange = z.strictObject({ quantity: quantity.optional(), selected: z.boolean().optional() })
export const selection = z.strictObject({ selected: z.boolean() })
export const skuParam = z.object({ sku: id.openapi({ param: { name: 'sku', in: 'path' } }) })
