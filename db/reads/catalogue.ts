import { asc, eq, gt, inArray, sql as raw } from 'drizzle-orm'
import type { SkuId } from '../../domain/ids.ts'
import { type Fen, fen } from '../../domain/money.ts'
import type { Db } from '../client.ts'
import { products, skus, stock } from '../schema/index.ts'

/** A SKU as it is at this moment. `stock`: pieces that no order holds, over all warehouses. */
export type LiveSku = {
  id: SkuId
  productId: bigint
  name: string
  image: string
  attributes: Record<string, string>
  price: Fen
  onSale: boolean
  sales: bigint
  stock: number
}

export type Product = { id: bigint; name: string; category: string; skus: LiveSku[] }

const free = raw<number>`
  COALESCE((
    SELECT sum(${stock.onHand} - ${stock.reserved})
    FROM ${stock}
    WHERE ${stock.skuId} = ${skus.id}
  ), 0)::int`
const columns = {
  id: skus.id,
  productId: skus.productId,
  name: skus.name,
  image: skus.image,
  attributes: skus.attributes,
  price: skus.priceFen,
  onSale: skus.onSale,
  sales: skus.sales,
  stock: free,
}
type Row = Omit<LiveSku, 'id' | 'price'> & { id: bigint; price: bigint }
// A row's id is a SKU's id.
const liveSku = (row: Row): LiveSku => ({ ...row, id: row.id.toString() as SkuId, price: fen(row.price) })

/** The SKUs that exist among these ids. */
export async function readSkus(
  { orm }: Pick<Db, 'orm'>,
  ids: readonly SkuId[],
): Promise<Map<SkuId, LiveSku>> {
  if (ids.length === 0) return new Map()
  const rows = await orm
    .select(columns)
    .from(skus)
    .where(inArray(skus.id, ids.map(BigInt)))
  return new Map(rows.map(liveSku).map((sku) => [sku.id, sku]))
}

/** Products with their SKUs, oldest first, after the product `after`. */
export async function listProducts(
  { orm }: Pick<Db, 'orm'>,
  after: bigint,
  limit: number,
): Promise<Product[]> {
  const page = await orm
    .select()
    .from(products)
    .where(gt(products.id, after))
    .orderBy(asc(products.id))
    .limit(limit)
  return withSkus({ orm }, page)
}

/** A product with its SKUs as they are now; undefined when there is none. */
export async function readProduct({ orm }: Pick<Db, 'orm'>, id: bigint): Promise<Product | undefined> {
  const [product] = await withSkus({ orm }, await orm.select().from(products).where(eq(products.id, id)))
  return product
}

async function withSkus({ orm }: Pick<Db, 'orm'>, page: Omit<Product, 'skus'>[]): Promise<Product[]> {
  if (page.length === 0) return []
  const ids = page.map(({ id }) => id)
  const rows = await orm.select(columns).from(skus).where(inArray(skus.productId, ids)).orderBy(asc(skus.id))
  return page.map(({ id, name, category }) => ({
    id,
    name,
    category,
    skus: rows.filter((row) => row.productId === id).map(liveSku),
  }))
}
