import { sql } from 'drizzle-orm'
import type { Ids } from '../../domain/ids.ts'
import type { Db } from '../client.ts'
import * as tables from '../schema/index.ts'
import { couponsOfBuyer, seededCoupons } from './coupons.ts'
import { seededGoods, seededRates, seededWarehouses } from './goods.ts'
import { seededPeople } from './people.ts'
import { random } from './random.ts'

export type SeedOptions = {
  /** Default 200. */
  buyers?: number
  /** From when the coupons' windows are counted. */
  now?: Date
}

/**
 * Fills an empty database with a shop: 30 SKUs in 3 warehouses (four of them down to the last piece),
 * shipping rates, buyers with addresses, wallets, points and coupons. Every stock and every balance has its
 * movement from the start. The same shop each time; SKUs have the ids from 1001, buyers from 20001. Says
 * whether it did: where there are goods already, it does nothing.
 */
export function seed(
  db: Pick<Db, 'orm'>,
  ids: Ids,
  { buyers = 200, now = new Date() }: SeedOptions = {},
): Promise<boolean> {
  return db.orm.transaction(async (tx) => {
    await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtext('floodgate seed'))`)
    if ((await tx.select({ id: tables.products.id }).from(tables.products).limit(1)).length > 0) return false
    const dice = random(20190526)
    const { products, skus, stock } = seededGoods(dice)
    await tx.insert(tables.products).values(products)
    await tx.insert(tables.skus).values(skus)
    await tx.insert(tables.warehouses).values(seededWarehouses)
    await tx.insert(tables.stock).values(stock)
    await tx
      .insert(tables.stockMovements)
      .values(stock.map((shelf) => ({ ...shelf, kind: 'received', reserved: 0 })))
    await tx.insert(tables.shippingRates).values(seededRates)

    const people = seededPeople(buyers, ids, dice)
    await tx.insert(tables.users).values(people.users)
    await tx.insert(tables.addresses).values(people.addresses)
    await tx.insert(tables.wallets).values(people.wallets)
    const filled = people.wallets.filter(({ balanceFen }) => balanceFen > 0n)
    await tx
      .insert(tables.walletMovements)
      .values(filled.map(({ userId, balanceFen }) => ({ userId, kind: 'top_up', amountFen: balanceFen })))
    await tx.insert(tables.loyalty).values(people.loyalty)
    await tx
      .insert(tables.pointsMovements)
      .values(people.loyalty.map(({ userId, points }) => ({ userId, kind: 'gift', amount: points })))
    await tx
      .insert(tables.growthMovements)
      .values(people.loyalty.map(({ userId, growth }) => ({ userId, kind: 'gift', amount: growth })))

    await tx.insert(tables.coupons).values(seededCoupons(now))
    const handedOut = people.users.flatMap(({ id: userId }, n) =>
      couponsOfBuyer(n).map((couponId) => ({ id: BigInt(ids.next()), couponId, userId })),
    )
    await tx.insert(tables.userCoupons).values(handedOut)
    return true
  })
}
