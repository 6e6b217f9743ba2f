import { describe, expect, it } from 'vitest'
import type { OrderId } from '../../../domain/ids.ts'
import { Refused } from '../../../domain/refusals.ts'
import { lockCoupon } from '../../../services/inventory/coupons.ts'
import { spendPoints } from '../../../services/inventory/points.ts'
import { reserveStock } from '../../../services/inventory/stock.ts'
import { debitBalance } from '../../../services/inventory/wallet.ts'
import { confirmOrder } from '../../../services/orders/confirm.ts'
import { placeStep, undoPlacing } from '../../../services/orders/reserve.ts'
import { once, StepUndone } from '../../../services/orders/steps.ts'
import { holdings, movementsOf, orderRow, stepsOf } from '../../support/books.ts'
import { held, waitingForLocks } from '../../support/gates.ts'
import { useShop } from '../../support/use-shop.ts'
import { confirmed, done, everything, reject, reserving } from './everything.ts'

const { sql, shop } = await useShop()

const effects = {
  reserve_stock: reserveStock,
  lock_coupon: lockCoupon,
  debit_balance: debitBalance,
  spend_points: spendPoints,
}
/** `stock reserved` twice: its first line comes from two warehouses. */
const effect = {
  reserve_stock: ['stock reserved', 'stock reserved', 'stock reserved'],
  lock_coupon: ['coupon locked'],
  debit_balance: ['wallet order'],
  spend_points: ['points order'],
}
const times = (count: number, work: () => Promise<unknown>) =>
  Promise.all(Array.from({ length: count }, work))

describe.each(reserving)('the step %s', (step) => {
  it('happens once, however often it is asked for', async () => {
    const order = await done(sql, await everything(shop), 0)
    await placeStep(sql, order, step)
    await placeStep(sql, order, step)
    expect(await movementsOf(sql, order)).toEqual(effect[step])
    await reject(sql, order)
  })

  it('happens once, also when ten ask at the same time', async () => {
    const order = await done(sql, await everything(shop), 0)
    await times(10, () => placeStep(sql, order, step))
    expect(await movementsOf(sql, order)).toEqual(effect[step])
    await reject(sql, order)
  })

  it('is undone once, however often and by however many', async () => {
    const input = await everything(shop)
    const before = await holdings(sql)
    const order = await done(sql, input, 0)
    await placeStep(sql, order, step)
    await times(5, () => reject(sql, order))
    await sql.begin((tx) => undoPlacing(tx, order))
    expect(await movementsOf(sql, order)).toHaveLength(2 * effect[step].length)
    expect(await holdings(sql)).toEqual(before)
  })

  it('that was undone before it came is refused, and changes nothing', async () => {
    const input = await everything(shop)
    const before = await holdings(sql)
    const order = await done(sql, input, 0)
    await reject(sql, order)
    await expect(placeStep(sql, order, step)).rejects.toThrow(StepUndone)
    await expect(placeStep(sql, order, step)).rejects.toThrow(StepUndone)
    expect(await holdings(sql)).toEqual(before)
    expect(await movementsOf(sql, order)).toEqual([])
  })

  it('in flight, not yet committed, is waited for by the release, which gives everything back', async () => {
    const input = await everything(shop)
    const before = await holdings(sql)
    const order = await done(sql, input, 0)
    const forward = await held(sql, (tx) => once(tx, { order, step }, () => effects[step](tx, order)))
    const released = reject(sql, order)
    await waitingForLocks(sql, 1)
    await forward.commit()
    expect(await released).toMatchObject({ status: 'rejected' })
    expect(await movementsOf(sql, order)).toHaveLength(2 * effect[step].length)
    expect(await holdings(sql)).toEqual(before)
  })

  it('that comes while a release is in flight is refused', async () => {
    const input = await everything(shop)
    const before = await holdings(sql)
    const order = await done(sql, input, 0)
    const release = await held(sql, (tx) => undoPlacing(tx, order))
    const forward = placeStep(sql, order, step)
    const refused = expect(forward).rejects.toThrow(StepUndone)
    await waitingForLocks(sql, 1)
    await release.commit()
    await refused
    await reject(sql, order)
    expect(await holdings(sql)).toEqual(before)
  })
})

describe('the step confirm', () => {
  it('happens once: the deadline is the one of the first time, also for ten at once', async () => {
    const order = await done(sql, await everything(shop))
    const first = await confirmOrder(sql, order, 60_000)
    expect(await times(10, () => confirmOrder(sql, order, 3_600_000))).toEqual(
      Array.from({ length: 10 }, () => first),
    )
  })

  it('settles cash on delivery once, also when ten ask at the same time', async () => {
    const order = await done(sql, await everything(shop, { payment: 'on_delivery' }))
    await times(10, () => confirmOrder(sql, order, 60_000))
    const moved = await movementsOf(sql, order)
    expect(moved.filter((what) => what === 'stock deducted')).toHaveLength(3)
    expect(moved).not.toContain('points earned')
  })

  it('after the release is refused, and the order stays rejected', async () => {
    const order = await done(sql, await everything(shop))
    await reject(sql, order)
    await expect(confirmOrder(sql, order, 60_000)).rejects.toThrow(StepUndone)
    expect(await orderRow(sql, order)).toMatchObject({ status: 'rejected' })
  })

  it('in flight wins over a release that comes meanwhile', async () => {
    const input = await everything(shop, { payment: 'on_delivery' })
    const order = await done(sql, input)
    const shelf = await held(
      sql,
      (tx) => tx`SELECT 1 FROM stock WHERE sku_id = ${input.lines[0]?.sku ?? ''} FOR UPDATE`,
    )
    const confirming = confirmOrder(sql, order, 60_000)
    await waitingForLocks(sql, 1)
    const released = reject(sql, order)
    await waitingForLocks(sql, 2)
    await shelf.commit()
    expect(await confirming).toEqual({ status: 'to_ship', payBy: null })
    expect(await released).toEqual({ status: 'to_ship', payBy: null })
  })
})

describe('a refusal', () => {
  /** Two orders of the same buyer that want the same last things. */
  async function rivals() {
    const first = await everything(shop, { balance: '1500', points: '500' })
    const second = { ...first, orderId: shop.ids.next() as OrderId } // A fresh snowflake.
    return {
      first: await done(sql, first, 0),
      second: await done(sql, second, 0),
      before: await holdings(sql),
      input: first,
    }
  }

  it.each(reserving)(
    'of %s is not recorded: the same step succeeds once there is what was missing',
    async (step) => {
      const { first, second } = await rivals()
      await placeStep(sql, first, step)
      await expect(placeStep(sql, second, step)).rejects.toThrow(Refused)
      expect(await stepsOf(sql, second)).toEqual({})
      await reject(sql, first)
      await placeStep(sql, second, step)
      expect(await movementsOf(sql, second)).toEqual(effect[step])
      await reject(sql, second)
    },
  )

  it('of one line reserves no other: all or nothing, and it names what is short', async () => {
    const { first, second, before, input } = await rivals()
    const [short, enough] = input.lines
    if (!short || !enough) throw new Error('an order with everything has two lines')
    await placeStep(sql, first, 'reserve_stock')
    await expect(placeStep(sql, second, 'reserve_stock')).rejects.toMatchObject({
      refusal: { code: 'out_of_stock', details: { skus: [short.sku] } },
    })
    expect(await movementsOf(sql, second)).toEqual([])
    await reject(sql, first)
    await reject(sql, second)
    expect(await holdings(sql)).toEqual(before)
  })

  it('says what there is', async () => {
    const { first, second } = await rivals()
    for (const step of reserving) await placeStep(sql, first, step)
    const refusal = (details: unknown) => ({ refusal: { details } })
    await expect(placeStep(sql, second, 'lock_coupon')).rejects.toMatchObject(refusal({ reason: 'used' }))
    await expect(placeStep(sql, second, 'debit_balance')).rejects.toMatchObject(
      refusal({ available: { fen: '500', currency: 'CNY' } }),
    )
    await expect(placeStep(sql, second, 'spend_points')).rejects.toMatchObject(refusal({ available: '0' }))
    await reject(sql, second)
    await reject(sql, first)
  })
})

it('a whole placing, step by step, moves each thing once', async () => {
  const order = await confirmed(sql, await everything(shop))
  expect(await movementsOf(sql, order)).toEqual([
    ...effect.lock_coupon,
    ...effect.spend_points,
    ...effect.reserve_stock,
    ...effect.debit_balance,
  ])
  expect(await orderRow(sql, order)).toMatchObject({
    status: 'awaiting_payment',
    due: 4000n + 2550n + 1000n - 300n - 250n - 700n,
  })
})
