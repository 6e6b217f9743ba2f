import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SkuId } from '../../domain/ids.ts'
import { fen } from '../../domain/money.ts'
import { cartClient } from './cart-client.ts'
import { type Harness, startHarness } from './harness.ts'
import { type Goods, stockGoods } from './shop.ts'

let harness: Harness
let tea: Goods
beforeAll(async () => {
  harness = await startHarness()
  tea = await stockGoods(harness.db, harness.ids, { price: 1999, pieces: 10 })
})
afterAll(() => harness.close())

const { ask, signedIn, add } = cartClient(() => harness)

describe('a cart', () => {
  it('adds, sums, changes, selects and removes', async () => {
    const { headers } = await signedIn()
    await add(headers, tea.sku, 2)
    const { status, cart } = await add(headers, tea.sku, 3)
    expect(status).toBe(200)
    expect(cart).toMatchObject({
      lines: [
        {
          sku: tea.sku,
          name: 'Tea 250 g',
          image: '/tea.png',
          attributes: { weight: '250 g' },
          quantity: 5,
          selected: true,
          priceWhenAdded: { fen: '1999', currency: 'CNY' },
          price: { fen: '1999' },
          priceChanged: false,
          onSale: true,
          stock: 10,
        },
      ],
      selectedPieces: 5,
      selectedTotal: { fen: '9995' },
    })
    const changed = await ask({
      method: 'PATCH',
      path: `/lines/${tea.sku}`,
      body: { quantity: 1, selected: false },
      headers,
    })
    expect(changed.cart).toMatchObject({
      lines: [{ quantity: 1, selected: false }],
      selectedPieces: 0,
      selectedTotal: { fen: '0' },
    })
    expect((await ask({ method: 'PATCH', body: { selected: true }, headers })).cart.selectedPieces).toBe(1)
    expect((await ask({ method: 'DELETE', path: `/lines/${tea.sku}`, headers })).cart.lines).toEqual([])
    expect(
      (await ask({ method: 'PATCH', path: `/lines/${tea.sku}`, body: { quantity: 1 }, headers })).status,
    ).toBe(404)
  })

  it('keeps the price of when a line was added, and shows what changed since', async () => {
    const { headers } = await signedIn()
    const cake = await stockGoods(harness.db, harness.ids, { price: 5000 })
    await add(headers, cake.sku, 1)
    await harness.db.sql`UPDATE skus SET price_fen = 4500 WHERE id = ${cake.sku}`
    const { cart } = await add(headers, cake.sku, 1)
    expect(cart).toMatchObject({
      lines: [{ priceWhenAdded: { fen: '5000' }, price: { fen: '4500' }, priceChanged: true }],
      selectedTotal: { fen: '9000' },
    })
    await harness.db.sql`UPDATE skus SET on_sale = false WHERE id = ${cake.sku}`
    const { cart: later } = await ask({ headers })
    expect(later).toMatchObject({ lines: [{ onSale: false }], selectedTotal: { fen: '0' } })
  })

  it('counts every one of a hundred additions at once', async () => {
    const { headers } = await signedIn()
    await Promise.all(Array.from({ length: 100 }, () => add(headers, tea.sku, 1)))
    expect((await ask({ headers })).cart.lines[0]?.quantity).toBe(100)
  })

  it.each([0, -1, 1000, 1.5])('refuses the quantity %s', async (quantity) => {
    const { headers } = await signedIn()
    expect(await add(headers, tea.sku, quantity)).toMatchObject({
      status: 422,
      cart: { code: 'quantity_invalid' },
    })
    expect((await ask({ headers })).cart.lines).toEqual([])
  })

  it('holds 999 pieces of a SKU at the most', async () => {
    const { headers } = await signedIn()
    await add(headers, tea.sku, 990)
    expect(await add(headers, tea.sku, 10)).toMatchObject({ status: 422, cart: { code: 'quantity_invalid' } })
    expect((await ask({ headers })).cart.lines[0]?.quantity).toBe(990)
  })

  it('refuses goods that do not exist or are not on sale', async () => {
    const { headers } = await signedIn()
    const gone = await stockGoods(harness.db, harness.ids, { onSale: false })
    expect(await add(headers, '1', 1)).toMatchObject({ status: 409, cart: { code: 'sku_unknown' } })
    expect(await add(headers, gone.sku, 1)).toMatchObject({ status: 409, cart: { code: 'not_on_sale' } })
    expect(await add(headers, 'tea', 1)).toMatchObject({
      status: 422,
      cart: { code: 'validation', field: 'sku' },
    })
    expect((await ask({ method: 'DELETE', path: '/lines/tea', headers })).status).toBe(404)
  })

  it('holds 120 SKUs at the most', async () => {
    const { id, headers } = await signedIn()
    // Any decimal is a SKU's id here.
    for (let i = 1; i <= 120; i++)
      await harness.carts.add(id, { sku: String(i) as SkuId, quantity: 1, price: fen(1) })
    expect(await add(headers, tea.sku, 1)).toMatchObject({ status: 409, cart: { code: 'cart_full' } })
  })
})
