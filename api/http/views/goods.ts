import type { LiveSku, Product } from '../../../db/reads/catalogue.ts'
import { moneyJson } from '../../../domain/money.ts'

const skuView = ({ id, name, image, attributes, price, onSale, stock, sales }: LiveSku) => ({
  id,
  name,
  image,
  attributes,
  price: moneyJson(price),
  onSale,
  stock,
  sales: sales.toString(),
})

/** A product with its SKUs, as its page shows it. */
export const productView = ({ id, name, category, skus }: Product) => ({
  id: id.toString(),
  name,
  category,
  skus: skus.map(skuView),
})
