import { z } from '@hono/zod-openapi'
import { attributes, decimal, flag, idOf, moneyOf, next, text, whole } from './values.ts'

const skuSchema = z
  .object({
    id: idOf('The SKU’s id.'),
    name: text('Its name.', '龙井茶 250 g'),
    image: text('Its picture’s URL; may be empty.', '/images/tea.png'),
    attributes,
    price: moneyOf('The unit price.'),
    onSale: flag('Whether it can be ordered.'),
    stock: whole('Pieces that no order holds, over all warehouses.', 10),
    sales: decimal('Pieces that have been paid for and not refunded.', '1024'),
  })
  .openapi('Sku', { description: 'What can be ordered: a product in one form.' })

export const productSchema = z
  .object({
    id: idOf('The product’s id.'),
    name: text('Its name.', '龙井茶'),
    category: text('Its category; may be empty.', 'tea'),
    skus: z.array(skuSchema).openapi({ description: 'Its forms, the oldest first.' }),
  })
  .openapi('Product', { description: 'A product with its SKUs.' })

export const productPage = z
  .object({
    products: z.array(productSchema).openapi({ description: 'The page.' }),
    next: next.openapi({ description: 'The next page’s `cursor`; null on the last page.' }),
  })
  .openapi('ProductPage', { description: 'A page of products.' })
