import { z } from '@hono/zod-openapi'
import { money } from './values.ts'

export const attributes = z.record(z.string(), z.string())

const skuSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    image: z.string(),
    attributes,
    price: money,
    onSale: z.boolean(),
    stock: z.number(),
    sales: z.string(),
  })
  .openapi('Sku')

export const productSchema = z
  .object({ id: z.string(), name: z.string(), category: z.string(), skus: z.array(skuSchema) })
  .openapi('Product')

export const productPage = z.object({ products: z.array(productSchema), next: z.string().nullable() })
