import type { Db } from '../../db/client.ts'
import {
  type AddressId,
  type CouponId,
  type Ids,
  type OrderId,
  type SkuId,
  snowflakes,
  type UserId,
} from '../../domain/ids.ts'
import type { OrderInput } from '../../domain/order-input.ts'

export type Shopper = { id: UserId; addressId: AddressId }
type Terms = {
  kind?: 'amount_off' | 'percent_off' | 'free_shipping'
  amount?: number
  percent?: number
  minimum?: number
  scope?: SkuId[]
  until?: Date
}

/**
 * A shop by plain SQL, whose ledgers add up from the first row on. Shipping costs 10 yuan, nothing from 200
 * yuan on.
 */
export type Shop = {
  ids: Ids
  /** Goods with so many pieces in each warehouse (1 comes first, 3 last). */
  sku(stock: Partial<Record<1 | 2 | 3, number>>, price?: number): Promise<SkuId>
  buyer(has?: { balance?: number; points?: number; blocked?: boolean }): Promise<Shopper>
  coupon(buyer: UserId, terms?: Terms): Promise<CouponId>
  /** An order of these pieces at today's prices. */
  orderInput(buyer: Shopper, lines: [SkuId, number][], but?: Partial<OrderInput>): OrderInput
}

const rates = { '*': { fee: '1000', freeFrom: '20000' } }
const day = 86_400_000

export async function openShop({ sql }: Db): Promise<Shop> {
  const ids = snowflakes(Math.floor(Math.random() * 1024))
  const prices = new Map<SkuId, number>()
  await sql`
    INSERT INTO warehouses (id, name, priority)
    VALUES (1, 'East', 1), (2, 'West', 2), (3, 'North', 3)`
  await sql`INSERT INTO shipping_rates (province, fee_fen, free_from_fen) VALUES ('*', 1000, 20000)`
  await sql`INSERT INTO products (id, name) VALUES (1, 'Tea')`

  return {
    ids,
    async sku(stock, price = 1000) {
      const sku = ids.next() as SkuId // Fresh snowflakes are what ids are, here and below.
      await sql`
        INSERT INTO skus (id, product_id, name, image, attributes, price_fen)
        VALUES (${sku}, 1, 'Green tea', '/tea.png', ${JSON.stringify({ weight: '250 g' })}::jsonb, ${price})`
      for (const [warehouse, pieces] of Object.entries(stock)) {
        await sql`INSERT INTO stock (sku_id, warehouse_id, on_hand) VALUES (${sku}, ${warehouse}, ${pieces})`
        await sql`
          INSERT INTO stock_movements (sku_id, warehouse_id, kind, on_hand, reserved)
          VALUES (${sku}, ${warehouse}, 'received', ${pieces}, 0)`
      }
      prices.set(sku, price)
      return sku
    },
    async buyer({ balance = 0, points = 0, blocked = false } = {}) {
      const id = ids.next() as UserId
      const addressId = ids.next() as AddressId
      await sql`INSERT INTO users (id, blocked) VALUES (${id}, ${blocked})`
      await sql`
        INSERT INTO addresses (id, user_id, name, phone, province, city, district, street, post_code, label)
        VALUES (${addressId}, ${id}, '张三', '13800138000', '浙江', '杭州', '西湖', '文三路 1 号', '310000', '家')`
      await sql`INSERT INTO wallets (user_id, balance_fen) VALUES (${id}, ${balance})`
      await sql`INSERT INTO wallet_movements (user_id, kind, amount_fen) VALUES (${id}, 'top_up', ${balance})`
      await sql`INSERT INTO loyalty (user_id, points) VALUES (${id}, ${points})`
      await sql`INSERT INTO points_movements (user_id, kind, points) VALUES (${id}, 'gift', ${points})`
      return { id, addressId }
    },
    async coupon(buyer, { kind = 'amount_off', amount, percent, minimum = 0, scope, until } = {}) {
      const coupon = ids.next()
      const held = ids.next() as CouponId
      const off = kind === 'amount_off' ? (amount ?? 300) : null
      await sql`
        INSERT INTO coupons (id, name, kind, amount_fen, percent, minimum_fen, valid_from, valid_until, scope)
        VALUES (${coupon}, ${kind}, ${kind}, ${off}, ${percent ?? null}, ${minimum},
          ${new Date(Date.now() - 7 * day)},
                ${until ?? new Date(Date.now() + day)}, ${scope ?? null}::bigint[])`
      await sql`INSERT INTO user_coupons (id, coupon_id, user_id) VALUES (${held}, ${coupon}, ${buyer})`
      return held
    },
    orderInput(buyer, lines, but = {}) {
      return {
        orderId: ids.next() as OrderId,
        buyerId: buyer.id,
        kind: 1,
        source: 'web',
        lines: lines.map(([sku, quantity]) => ({ sku, quantity, unitPrice: String(prices.get(sku) ?? 0) })),
        rates,
        addressId: buyer.addressId,
        points: '0',
        balance: '0',
        payment: 'online',
        fingerprint: 'f',
        payWithinMs: 1_800_000,
        ...but,
      }
    },
  }
}
