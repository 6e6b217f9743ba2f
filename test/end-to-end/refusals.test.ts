import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSystem, type Shopper, type TestSystem } from './system.ts'

let system: TestSystem
beforeAll(async () => {
  system = await openSystem()
})
afterAll(() => system.close())

/** Everything that a placing can touch, as it is now. */
async function world(shopper: Shopper): Promise<unknown> {
  const { sql } = system.container.db
  const cart = await shopper.api.v1.cart.$get()
  return {
    stock: await sql`SELECT * FROM stock ORDER BY sku_id, warehouse_id`,
    coupons: await sql`SELECT id, state, order_id FROM user_coupons ORDER BY id`,
    wallet: await sql`SELECT balance_fen FROM wallets WHERE user_id = ${shopper.id}`,
    loyalty: await sql`SELECT points, growth FROM loyalty WHERE user_id = ${shopper.id}`,
    sales: await sql`SELECT id, sales FROM skus ORDER BY id`,
    cart: await cart.json(),
  }
}

/** Fills the cart with one piece of a dear SKU, quotes it, lets something happen, and places. */
async function refusedAfter(
  n: number,
  choice: (shopper: Shopper) => Promise<object>,
  happens: (shopper: Shopper, sku: string) => Promise<unknown>,
) {
  const shopper = await system.shopper(n)
  const [dear] = await system.container.db.sql<{ id: string }[]>`
    SELECT k.id::text AS id
    FROM skus k
    JOIN stock s ON s.sku_id = k.id
    WHERE k.on_sale
    GROUP BY k.id
    HAVING sum(s.on_hand) > 20
    ORDER BY k.price_fen DESC
    OFFSET ${n}
    LIMIT 1`
  const sku = dear?.id ?? ''
  await shopper.api.v1.cart.lines.$post({ json: { sku, quantity: 1 } })
  const quoted = await shopper.api.v1.quotes.$post({ json: {} })
  const { quoteToken } = (await quoted.json()) as { quoteToken: string }
  await happens(shopper, sku)
  const before = await world(shopper)
  const answer = await system.place(shopper, quoteToken, await choice(shopper))
  expect(await world(shopper)).toEqual(before)
  const { id } = JSON.parse(Buffer.from(quoteToken.split('.')[1] ?? '', 'base64url').toString()) as {
    id: string
  }
  const [row] = await system.container.db
    .sql`SELECT status, refusal->>'code' AS code FROM orders WHERE id = ${id}`
  return { answer, row }
}

const everything = async (shopper: Shopper) => ({
  couponId: await couponOf(shopper),
  points: '10',
  balance: '10',
})
async function couponOf({ id }: Shopper): Promise<string> {
  const [coupon] = await system.container.db.sql<
    { id: string }[]
  >`SELECT max(id)::text AS id FROM user_coupons WHERE user_id = ${id} AND coupon_id = 501`
  return coupon?.id ?? ''
}
const sql = (shopper: Shopper) => ({ db: system.container.db.sql, id: shopper.id })

describe('a refused placing leaves stock, coupon, balance, points and cart exactly as they were', () => {
  it('out_of_stock, naming the SKU', async () => {
    const { answer, row } = await refusedAfter(
      0,
      everything,
      (_, sku) => system.container.db.sql`
      WITH gone AS (UPDATE stock SET on_hand = 0 WHERE sku_id = ${sku} RETURNING sku_id, warehouse_id)
      INSERT INTO stock_movements (sku_id, warehouse_id, kind, on_hand, reserved)
      SELECT g.sku_id, g.warehouse_id, 'received', -sum(m.on_hand), 0
      FROM gone g
      JOIN stock_movements m USING (sku_id, warehouse_id)
      GROUP BY 1, 2`,
    )
    expect(answer).toMatchObject({
      status: 409,
      body: { code: 'out_of_stock', details: { skus: [expect.any(String)] } },
    })
    expect(row).toEqual({ status: 'rejected', code: 'out_of_stock' })
  })

  it('coupon_unavailable when another order took the coupon meanwhile', async () => {
    const { answer, row } = await refusedAfter(1, everything, async (shopper) => {
      await system.buy(shopper, 3, { couponId: await couponOf(shopper) })
    })
    expect(answer).toMatchObject({
      status: 409,
      body: { code: 'coupon_unavailable', details: { reason: 'used' } },
    })
    expect(row).toEqual({ status: 'rejected', code: 'coupon_unavailable' })
  })

  it('balance_insufficient, with what there is', async () => {
    const empty = async (shopper: Shopper) => ({ ...(await everything(shopper)), balance: '10' })
    const { answer, row } = await refusedAfter(
      2,
      empty,
      (shopper) => sql(shopper).db`
      WITH had AS (SELECT user_id, balance_fen FROM wallets WHERE user_id = ${shopper.id}),
      spent AS (
        INSERT INTO wallet_movements (user_id, kind, amount_fen)
        SELECT user_id, 'top_up', -balance_fen
        FROM had)
      UPDATE wallets SET balance_fen = 0 WHERE user_id = ${shopper.id}`,
    )
    expect(answer).toMatchObject({
      status: 409,
      body: { code: 'balance_insufficient', details: { available: { fen: '0', currency: 'CNY' } } },
    })
    expect(row).toEqual({ status: 'rejected', code: 'balance_insufficient' })
  })

  it('points_insufficient, the last step: coupon and balance had been taken and come back', async () => {
    const { answer, row } = await refusedAfter(
      3,
      everything,
      (shopper) => sql(shopper).db`
      WITH had AS (SELECT user_id, points FROM loyalty WHERE user_id = ${shopper.id}),
      spent AS (INSERT INTO points_movements (user_id, kind, points) SELECT user_id, 'gift', -points FROM had)
      UPDATE loyalty SET points = 0 WHERE user_id = ${shopper.id}`,
    )
    expect(answer).toMatchObject({
      status: 409,
      body: { code: 'points_insufficient', details: { available: '0' } },
    })
    expect(row).toEqual({ status: 'rejected', code: 'points_insufficient' })
  })

  it('price_changed, with both prices', async () => {
    const { answer } = await refusedAfter(
      4,
      everything,
      (_, sku) => system.container.db.sql`UPDATE skus SET price_fen = price_fen + 1 WHERE id = ${sku}`,
    )
    expect(answer).toMatchObject({
      status: 409,
      body: { code: 'price_changed', details: { was: { currency: 'CNY' }, is: { currency: 'CNY' } } },
    })
  })

  it('not_on_sale', async () => {
    const { answer } = await refusedAfter(
      5,
      everything,
      (_, sku) => system.container.db.sql`UPDATE skus SET on_sale = false WHERE id = ${sku}`,
    )
    expect(answer).toMatchObject({ status: 409, body: { code: 'not_on_sale' } })
  })

  it('amount_changed when the shipping fee is another one by now', async () => {
    const { answer } = await refusedAfter(
      6,
      async () => ({}),
      () => system.container.db.sql`UPDATE shipping_rates SET fee_fen = fee_fen + 100, free_from_fen = NULL`,
    )
    expect(answer).toMatchObject({ status: 409, body: { code: 'amount_changed' } })
  })

  it('buyer_blocked', async () => {
    const { answer } = await refusedAfter(
      8,
      everything,
      (shopper) => system.container.db.sql`UPDATE users SET blocked = true WHERE id = ${shopper.id}`,
    )
    expect(answer).toMatchObject({ status: 409, body: { code: 'buyer_blocked' } })
  })

  it('address_unknown for somebody else’s address', async () => {
    const other = await system.shopper(10)
    const { answer } = await refusedAfter(
      9,
      async () => ({ addressId: other.addressId }),
      async () => {},
    )
    expect(answer).toMatchObject({ status: 409, body: { code: 'address_unknown' } })
  })

  it('and the books add up afterwards', () => system.addsUp())
})

it('only the bought lines leave the cart, after the order is confirmed', async () => {
  const shopper = await system.shopper(11)
  const [, , bought = '', kept = ''] = await system.skus()
  for (const sku of [bought, kept]) await shopper.api.v1.cart.lines.$post({ json: { sku, quantity: 1 } })
  await shopper.api.v1.cart.lines[':sku'].$patch({ param: { sku: kept }, json: { selected: false } })
  const { quoteToken } = (await (await shopper.api.v1.quotes.$post({ json: {} })).json()) as {
    quoteToken: string
  }
  expect((await system.place(shopper, quoteToken)).status).toBe(201)
  const cart = (await (await shopper.api.v1.cart.$get()).json()) as { lines: { sku: string }[] }
  expect(cart.lines.map(({ sku }) => sku)).toEqual([kept])
})
