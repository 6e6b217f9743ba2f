import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SkuId, UserId } from '../../domain/ids.ts'
import { fen } from '../../domain/money.ts'
import { type Harness, startHarness } from './harness.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
})
afterAll(() => harness.close())

const tea = '1' as SkuId // Any decimal is a SKU's id here.
const cake = '2' as SkuId

const cartOf = async (user: UserId) =>
  (await harness.carts.lines(user)).map(({ sku, quantity }) => ({ sku, quantity }))

describe('bought lines', () => {
  it('leave the cart, and only those, as often as it is asked', async () => {
    const { id } = await harness.newBuyer()
    await harness.carts.add(id, { sku: tea, quantity: 1, price: fen(1999) })
    await harness.carts.add(id, { sku: cake, quantity: 1, price: fen(1999) })
    const bought = (await harness.carts.lines(id)).filter(({ sku }) => sku === tea)
    await Promise.all([harness.carts.removeBought(id, bought), harness.carts.removeBought(id, bought)])
    await harness.carts.removeBought(id, bought)
    expect(await cartOf(id)).toEqual([{ sku: cake, quantity: 1 }])
  })

  it('stay when they were added anew or changed since the quote', async () => {
    const { id } = await harness.newBuyer()
    await harness.carts.add(id, { sku: tea, quantity: 1, price: fen(1999) })
    const bought = await harness.carts.lines(id)
    await harness.carts.change(id, tea, { quantity: 3 })
    await harness.carts.removeBought(id, bought)
    expect(await cartOf(id)).toEqual([{ sku: tea, quantity: 3 }])
    const again = await harness.carts.lines(id)
    await harness.carts.remove(id, tea)
    await harness.carts.add(id, { sku: tea, quantity: 3, price: fen(1999) })
    await harness.carts.removeBought(id, again)
    expect(await cartOf(id)).toEqual([{ sku: tea, quantity: 3 }])
  })

  it('leave also when they were only selected or unselected since', async () => {
    const { id } = await harness.newBuyer()
    await harness.carts.add(id, { sku: tea, quantity: 1, price: fen(1999) })
    const bought = await harness.carts.lines(id)
    await harness.carts.change(id, tea, { selected: false, quantity: 1 })
    await harness.carts.removeBought(id, bought)
    expect(await cartOf(id)).toEqual([])
  })
})
