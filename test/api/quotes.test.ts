import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SkuId } from '../../domain/ids.ts'
import { type Buyer, type Harness, startHarness } from './harness.ts'
import { endow, type Goods, giveCoupon, home, setRates, stockGoods } from './shop.ts'

let harness: Harness
let tea: Goods
let cake: Goods
beforeAll(async () => {
  harness = await startHarness()
  tea = await stockGoods(harness.db, harness.ids, { price: 1999, pieces: 10 })
  cake = await stockGoods(harness.db, harness.ids, { price: 5000, pieces: 1, name: 'Cake' })
  await setRates(harness.db)
})
afterAll(() => harness.close())

type Wanted = { sku: string; quantity: number }[]
const quoteOf = async ({ api }: Buyer, lines?: Wanted) => {
  const answer = await api.v1.quotes.$post({ json: lines ? { lines } : {} })
  if (answer.status !== 200) throw new Error(`no quote: ${answer.status}`)
  return answer.json()
}
const refusalOf = async ({ api }: Buyer, lines: Wanted) => {
  const answer = await api.v1.quotes.$post({ json: { lines } })
  return { status: answer.status, ...(await answer.json()) }
}

describe('a quote', () => {
  it('shows everything that a confirm page needs', async () => {
    const buyer = await harness.newBuyer()
    await endow(harness.db, buyer.id, { balance: 5000, points: 10_000 })
    const created = await buyer.api.v1.addresses.$post({ json: home })
    const address = await created.json()
    const quote = await quoteOf(buyer, [
      { sku: tea.sku, quantity: 1 },
      { sku: cake.sku, quantity: 1 },
      { sku: tea.sku, quantity: 1 },
    ])
    expect(quote).toMatchObject({
      lines: [
        {
          sku: tea.sku,
          name: 'Tea 250 g',
          image: '/tea.png',
          attributes: { weight: '250 g' },
          unitPrice: { fen: '1999' },
          quantity: 2,
          stock: 10,
          inStock: true,
        },
        { sku: cake.sku, quantity: 1, amount: { fen: '5000' }, stock: 1 },
      ],
      goods: { fen: '8998', currency: 'CNY' },
      addresses: [address],
      shipping: {
        fee: { fen: '1000' },
        rates: {
          '*': { fee: { fen: '1000' }, freeFrom: { fen: '9900' } },
          西藏: { fee: { fen: '2500' }, freeFrom: null },
        },
      },
      points: { available: '10000', usable: '4499' },
      balance: { available: { fen: '5000' }, usable: { fen: '5000' } },
      total: { fen: '9998' },
    })
  })

  it('carries a token that says the same, with the number of the order that it becomes', async () => {
    const buyer = await harness.newBuyer()
    const quote = await quoteOf(buyer, [{ sku: tea.sku, quantity: 2 }])
    const { quote: verified, expired } = await harness.quoteTokens.verify(quote.quoteToken)
    expect(expired).toBe(false)
    expect(verified).toEqual({
      id: quote.orderId,
      buyer: buyer.id,
      source: 'web',
      lines: [{ sku: tea.sku, quantity: 2, unitPrice: '1999' }],
      // 浙江 costs what every province costs, and so is left out.
      rates: { '*': { fee: '1000', freeFrom: '9900' }, 西藏: { fee: '2500', freeFrom: null } },
      expires: Date.parse(quote.expiresAt) / 1000,
    })
  })

  it('is of the selected cart lines by default, and names them', async () => {
    const buyer = await harness.newBuyer()
    await buyer.api.v1.cart.lines.$post({ json: { sku: tea.sku, quantity: 3 } })
    await buyer.api.v1.cart.lines.$post({ json: { sku: cake.sku, quantity: 1 } })
    await buyer.api.v1.cart.lines[':sku'].$patch({ param: { sku: cake.sku }, json: { selected: false } })
    const quote = await quoteOf(buyer)
    const [line] = await harness.carts.lines(buyer.id)
    expect(quote.lines).toMatchObject([{ sku: tea.sku, quantity: 3, cartLine: line?.line }])
    expect((await harness.quoteTokens.verify(quote.quoteToken)).quote.lines[0]?.cartLine).toBe(line?.line)
  })

  it('shows what is short instead of refusing it', async () => {
    const quote = await quoteOf(await harness.newBuyer(), [{ sku: cake.sku, quantity: 2 }])
    expect(quote.lines[0]).toMatchObject({ stock: 1, inStock: false })
  })

  it('knows no fee for who has no address yet', async () => {
    const quote = await quoteOf(await harness.newBuyer(), [{ sku: tea.sku, quantity: 1 }])
    expect(quote).toMatchObject({
      addresses: [],
      defaultAddressId: null,
      shipping: { fee: null },
      total: { fen: '1999' },
    })
  })

  it('says which coupons fit and what each takes off, and why the others do not', async () => {
    const [buyer, other] = [await harness.newBuyer(), await harness.newBuyer()]
    for (const { id } of [buyer, other]) await endow(harness.db, id, { balance: 0, points: 100_000 })
    await buyer.api.v1.addresses.$post({ json: home })
    const give = (terms: Parameters<typeof giveCoupon>[2]) => giveCoupon(harness, buyer.id, terms)
    const off = await give({ kind: 'amount_off', amount: 500, minimum: 3000 })
    const percent = await give({ kind: 'percent_off', percent: 15, cap: 400, scope: [tea.sku] })
    const shipping = await give({ kind: 'free_shipping' })
    const high = await give({ kind: 'amount_off', amount: 500, minimum: 100_000 })
    // Any decimal is a SKU's id here.
    const scoped = await give({ kind: 'amount_off', amount: 500, scope: ['1' as SkuId] })
    const expired = await give({ kind: 'amount_off', amount: 500, until: new Date(Date.now() - 1000) })
    const used = await give({ kind: 'amount_off', amount: 500, state: 'used' })
    await giveCoupon(harness, other.id, { kind: 'free_shipping' })

    const { coupons } = await quoteOf(buyer, [{ sku: tea.sku, quantity: 2 }])
    const usable = new Map(coupons.usable.map((coupon) => [coupon.id, coupon]))
    expect(usable.size).toBe(3)
    expect(usable.get(off)).toMatchObject({
      off: { fen: '500' },
      shipping: { fen: '1000' },
      usablePoints: '1749',
    })
    expect(usable.get(percent)).toMatchObject({ off: { fen: '400' } })
    expect(usable.get(shipping)).toMatchObject({ off: { fen: '1000' }, shipping: { fen: '0' } })
    expect(Object.fromEntries(coupons.unusable.map(({ id, reason }) => [id, reason]))).toEqual({
      [high]: 'below_minimum',
      [scoped]: 'out_of_scope',
      [expired]: 'expired',
      [used]: 'used',
    })
  })

  it('refuses nothing to order', async () => {
    const buyer = await harness.newBuyer()
    expect(await refusalOf(buyer, [])).toMatchObject({ status: 422, code: 'empty_order' })
    const answer = await buyer.api.v1.quotes.$post({ json: {} })
    expect(answer.status).toBe(422)
  })

  it.each([0, -3, 1000, 2.5])('refuses the quantity %s', async (quantity) => {
    expect(await refusalOf(await harness.newBuyer(), [{ sku: tea.sku, quantity }])).toMatchObject({
      status: 422,
      code: 'quantity_invalid',
      details: { sku: tea.sku, quantity },
    })
  })

  it('refuses a thousand pieces also when they come in two lines', async () => {
    const lines = [
      { sku: tea.sku, quantity: 500 },
      { sku: tea.sku, quantity: 500 },
    ]
    expect(await refusalOf(await harness.newBuyer(), lines)).toMatchObject({
      code: 'quantity_invalid',
      details: { quantity: 1000 },
    })
  })

  it('refuses goods that do not exist, or are not on sale', async () => {
    const buyer = await harness.newBuyer()
    const gone = await stockGoods(harness.db, harness.ids, { onSale: false })
    expect(await refusalOf(buyer, [{ sku: '42', quantity: 1 }])).toMatchObject({
      status: 409,
      code: 'sku_unknown',
      details: { sku: '42' },
    })
    expect(await refusalOf(buyer, [{ sku: gone.sku, quantity: 1 }])).toMatchObject({
      status: 409,
      code: 'not_on_sale',
      details: { sku: gone.sku },
    })
  })

  it.each([
    ['an unknown field', { lines: [], price: 1 }, 'price'],
    [
      'an unknown field of a line',
      { lines: [{ sku: '1', quantity: 1, unitPrice: '1' }] },
      'lines.0.unitPrice',
    ],
    ['a SKU that is no id', { lines: [{ sku: 'x', quantity: 1 }] }, 'lines.0.sku'],
    ['a quantity that is a text', { lines: [{ sku: '1', quantity: '1' }] }, 'lines.0.quantity'],
    ['a source that we do not know', { source: 'fax' }, 'source'],
    ['lines that are none', { lines: 'all' }, 'lines'],
  ])('refuses %s with 422 and the field', async (_, body, field) => {
    const { token } = await harness.newBuyer()
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await fetch(`${harness.url}/v1/quotes`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    expect(answer.status).toBe(422)
    expect(await answer.json()).toMatchObject({ code: 'validation', field })
  })
})
