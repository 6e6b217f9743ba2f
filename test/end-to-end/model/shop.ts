import { randomUUID } from 'node:crypto'
import type { OfferKey } from '../../../domain/flash-sale.ts'
import type { SessionId, SkuId } from '../../../domain/ids.ts'
import { onSale } from '../../support/flash-sale.ts'
import { type CouponKind, couponTerms } from './amounts.ts'
import { call } from './call.ts'
import { type ModelSystem, province } from './system.ts'
import { firstWorld, flashSku } from './world.ts'

type Person = { id: string; address: string; coupons: Partial<Record<CouponKind, string>>; token: string }

/** What stories know of the real shop: people, goods and a sale of their own. */
export type StoryShop = {
  people: readonly Person[]
  skus: readonly SkuId[]
  offer: OfferKey
  /** The ids of orders, and the numbers of trades, by the model's keys. */
  orders: Map<string, string>
  trades: Map<string, string>
}

/** Makes the goods, buyers, coupons and the flash sale that `firstWorld` describes. */
export async function openStoryShop(system: ModelSystem): Promise<StoryShop> {
  const { sql } = system.container.db
  const { ids } = system.container
  const world = firstWorld()
  const skus = world.skus.map(() => ids.next() as SkuId) // A fresh snowflake each.
  const product = ids.next()
  await sql`INSERT INTO products (id, name) VALUES (${product}, 'Tea')`
  for (const [n, { price, onHand }] of world.skus.entries()) {
    const sku = skus[n] ?? ''
    // The pieces on offer leave the first warehouse when the sale begins.
    const pieces = n === flashSku ? onHand + world.offer.quota : onHand
    const second = n === flashSku ? 0 : Math.floor(pieces / 2)
    await sql`INSERT INTO skus (id, product_id, name, price_fen) VALUES (${sku}, ${product}, 'Tea', ${price})`
    for (const [warehouse, held] of [
      [1, pieces - second],
      [2, second],
    ] as const) {
      await sql`INSERT INTO stock (sku_id, warehouse_id, on_hand) VALUES (${sku}, ${warehouse}, ${held})`
      await sql`
        INSERT INTO stock_movements (sku_id, warehouse_id, kind, on_hand, reserved)
        VALUES (${sku}, ${warehouse}, 'received', ${held}, 0)`
    }
  }
  const people = []
  for (const buyer of world.buyers) {
    const [id, address] = [ids.next(), ids.next()]
    await sql`INSERT INTO users (id) VALUES (${id})`
    await sql`
      INSERT INTO addresses (id, user_id, name, phone, province, city, district, street, is_default)
      VALUES (${address}, ${id}, '张三', '13800138000', ${province}, '杭州', '西湖', '文三路 1 号', true)`
    await sql`INSERT INTO wallets (user_id, balance_fen) VALUES (${id}, ${buyer.wallet})`
    await sql`
      INSERT INTO wallet_movements (user_id, kind, amount_fen)
      VALUES (${id}, 'top_up', ${buyer.wallet})`
    await sql`INSERT INTO loyalty (user_id, points) VALUES (${id}, ${buyer.points})`
    await sql`INSERT INTO points_movements (user_id, kind, points) VALUES (${id}, 'gift', ${buyer.points})`
    const coupons: Person['coupons'] = {}
    for (const kind of Object.keys(buyer.coupons) as CouponKind[])
      coupons[kind] = await giveCoupon(system, id, kind)
    people.push({ id, address, coupons, token: await system.tokenOf(id) })
  }
  const offer = await openSale(system, skus[flashSku] ?? ('' as SkuId))
  return { people, skus, offer, orders: new Map(), trades: new Map() }
}

async function giveCoupon(
  { container: { db, ids } }: ModelSystem,
  owner: string,
  kind: CouponKind,
): Promise<string> {
  const { sql } = db
  const [coupon, held] = [ids.next(), ids.next()]
  const [amount, percent, minimum] =
    kind === 'off' ? [couponTerms.off, null, couponTerms.offFrom] : [null, couponTerms.percent, 0n]
  await sql`
    INSERT INTO coupons (id, name, kind, amount_fen, percent, minimum_fen, valid_from, valid_until)
    VALUES (${coupon}, ${kind}, ${kind === 'off' ? 'amount_off' : 'percent_off'}, ${amount}, ${percent},
            ${minimum}, now() - interval '1 day', now() + interval '1 day')`
  await sql`INSERT INTO user_coupons (id, coupon_id, user_id) VALUES (${held}, ${coupon}, ${owner})`
  return held
}

async function openSale(system: ModelSystem, sku: SkuId): Promise<OfferKey> {
  const { price, quota, limit } = firstWorld().offer
  const now = Date.now()
  // A form that operators' own ids have.
  const session = `2026121210-${randomUUID().replaceAll('-', '').slice(0, 20)}` as SessionId
  const planned = await call(system, await system.tokenOf('1', 'operator'), {
    request: 'POST /v1/ops/sessions',
    body: {
      id: session,
      opensAt: new Date(now - 1000).toISOString(),
      endsAt: new Date(now + 3_600_000).toISOString(),
      payWithinS: 1800,
      coolOffS: 0,
      offers: [{ sku, price: { fen: price.toString() }, quota, limit, warehouse: 1 }],
    },
  })
  if (planned.status !== 201) throw new Error(`planning was answered ${planned.status} ${planned.body.code}`)
  const offer = { session, sku }
  await onSale(system.container.gate, offer)
  return offer
}

/** The n-th buyer of the story. */
export const personOf = (shop: StoryShop, n: number): Person => {
  const person = shop.people[n]
  if (!person) throw new Error(`the shop has no buyer ${n}`)
  return person
}
