import { z } from '@hono/zod-openapi'
import { mostPieces } from '../../../domain/quantity.ts'
import { attributes, flag, id, idOf, momentOf, moneyOf, nullable, text, whole } from './values.ts'

const cartLineSchema = z
  .object({
    line: text('The line’s id in the cart.', 'c3f1'),
    sku: idOf('The SKU.'),
    name: text('Its name as it is now; empty when the SKU is gone.', '龙井茶 250 g'),
    image: text('Its picture’s URL; may be empty.', '/images/tea.png'),
    attributes,
    quantity: whole('Pieces, 1–999.', 2),
    selected: flag('Whether a quote without lines takes it.'),
    priceWhenAdded: moneyOf('The unit price when the line was added.'),
    price: nullable(moneyOf('The unit price now.'), 'The unit price now; null when the SKU is gone.'),
    priceChanged: flag('Whether the two differ.', false),
    onSale: flag('Whether it can be ordered now.'),
    stock: whole('Pieces that no order holds, over all warehouses.', 10),
    addedAt: momentOf('When the line was added.'),
  })
  .openapi('CartLine', { description: 'What was put in, beside how the goods are now.' })

export const cartSchema = z
  .object({
    lines: z.array(cartLineSchema).openapi({ description: 'At most 120, the oldest first.' }),
    selectedPieces: whole('Pieces of the selected lines that are on sale.', 2),
    selectedTotal: moneyOf('What these cost now, without shipping.', '3998'),
  })
  .openapi('Cart', { description: 'A cart.' })

/** Any number passes here: which quantities there can be is a refusal of its own (`quantity_invalid`). */
export const quantity = z.number().openapi({
  ...{ type: 'integer', minimum: 1, maximum: mostPieces, example: 1 },
  description: 'Pieces; anything but a whole number from 1 to 999 is refused with `quantity_invalid`.',
})
const selected = flag('Whether a quote without lines takes it.')

export const addition = z
  .strictObject({ sku: idOf('What to add.'), quantity: quantity.default(1) })
  .openapi('CartAddition', { description: 'Pieces of a SKU to add.' })
export const lineChange = z
  .strictObject({ quantity: quantity.optional(), selected: selected.optional() })
  .openapi('CartLineChange', { description: 'What changes; what is absent stays.' })
export const selection = z
  .strictObject({ selected })
  .openapi('CartSelection', { description: 'Whether all lines are selected, or none.' })
export const skuParam = z.object({
  sku: id.openapi({ param: { name: 'sku', in: 'path' }, description: 'The line’s SKU.' }),
})
