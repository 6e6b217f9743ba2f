import { describe, expect, it } from 'vitest'
import type { SkuId } from '../../domain/ids.ts'
import { fen } from '../../domain/money.ts'
import {
  checkLimits,
  type LimitedOrder,
  type OrderLimits,
  type UnpaidHoldings,
} from '../../domain/order-limits.ts'
import { Refused } from '../../domain/refusals.ts'

const sku = (id: number): SkuId => String(id) as SkuId // Any decimal is a SKU's id here.
const limits: OrderLimits = {
  unpaidOrders: 3,
  unpaidPieces: 10,
  onDelivery: { orders: 2, most: '5000', provinces: ['浙江', '上海'] },
}
const nothingHeld: UnpaidHoldings = { orders: 0, onDelivery: 0, pieces: {} }
const order = (but: Partial<LimitedOrder> = {}): LimitedOrder => ({
  payment: 'online',
  due: fen(100),
  province: '浙江',
  lines: [{ sku: sku(1), quantity: 1 }],
  ...but,
})
const onDelivery = (but: Partial<LimitedOrder> = {}) => order({ payment: 'on_delivery', ...but })

/** The refusal of an order, `allowed` when there is none. */
function answerTo(held: Partial<UnpaidHoldings>, wanted: LimitedOrder, by: OrderLimits = limits): unknown {
  try {
    checkLimits(by, { ...nothingHeld, ...held }, wanted)
    return 'allowed'
  } catch (error) {
    if (error instanceof Refused) return error.refusal
    throw error
  }
}

describe('an order that is paid online', () => {
  it('is allowed up to the number of unpaid orders that a buyer may have, and refused from there on', () => {
    expect(answerTo({ orders: 2 }, order())).toBe('allowed')
    const refusal = { code: 'too_many_unpaid_orders', details: { limit: 3 } }
    expect(answerTo({ orders: 3 }, order())).toEqual(refusal)
    expect(answerTo({ orders: 4 }, order())).toEqual(refusal)
  })

  it('is not limited by what is on delivery, nor by the amount or the province of cash on delivery', () => {
    expect(answerTo({ onDelivery: 9 }, order({ due: fen(5001), province: '西藏' }))).toBe('allowed')
  })

  it('of which nothing is due is never limited', () => {
    const free = { due: fen(0), lines: [{ sku: sku(1), quantity: 11 }] }
    expect(answerTo({ orders: 99, pieces: { 1: 10 } }, order(free))).toBe('allowed')
    expect(answerTo({ onDelivery: 99 }, onDelivery({ ...free, province: '西藏' }))).toBe('allowed')
  })
})

describe('pieces of a SKU', () => {
  it('are counted over the lines of the order and what the buyer holds already', () => {
    const lines = [
      { sku: sku(1), quantity: 4 },
      { sku: sku(2), quantity: 10 },
      { sku: sku(1), quantity: 3 },
    ]
    expect(answerTo({ pieces: { 1: 3 } }, order({ lines }))).toBe('allowed')
    expect(answerTo({ pieces: { 1: 4 } }, order({ lines }))).toEqual({
      code: 'too_many_pieces',
      details: { sku: '1', limit: 10, held: 4 },
    })
    expect(answerTo({ pieces: { 2: 1 } }, order({ lines }))).toEqual({
      code: 'too_many_pieces',
      details: { sku: '2', limit: 10, held: 1 },
    })
  })

  it('of which a buyer holds none start at nothing', () => {
    const lines = [{ sku: sku(1), quantity: 11 }]
    expect(answerTo({}, order({ lines }))).toEqual({
      code: 'too_many_pieces',
      details: { sku: '1', limit: 10, held: 0 },
    })
  })

  it('are limited on delivery too', () => {
    const lines = [{ sku: sku(1), quantity: 11 }]
    expect(answerTo({}, onDelivery({ lines }))).toMatchObject({ code: 'too_many_pieces' })
  })
})

describe('cash on delivery', () => {
  const refusal = (reason: string) => ({ code: 'on_delivery_unavailable', details: { reason } })

  it('is allowed up to the amount, in each of the provinces, and besides any number of unpaid orders', () => {
    expect(answerTo({ orders: 99, onDelivery: 1 }, onDelivery({ due: fen(5000) }))).toBe('allowed')
    expect(answerTo({}, onDelivery({ province: '上海' }))).toBe('allowed')
  })

  it('is refused for another province, one fen more, or one order more', () => {
    expect(answerTo({}, onDelivery({ province: '西藏' }))).toEqual(refusal('province'))
    expect(answerTo({}, onDelivery({ due: fen(5001) }))).toEqual(refusal('amount'))
    expect(answerTo({ onDelivery: 2 }, onDelivery())).toEqual(refusal('too_many'))
    expect(answerTo({ onDelivery: 3 }, onDelivery())).toEqual(refusal('too_many'))
  })

  it('is offered everywhere when no province is named', () => {
    const everywhere = { ...limits, onDelivery: { orders: 2, most: '5000' } }
    expect(answerTo({}, onDelivery({ province: '西藏' }), everywhere)).toBe('allowed')
  })

  it('is off at no orders at all, whatever else is wrong', () => {
    const off = { ...limits, onDelivery: { ...limits.onDelivery, orders: 0 } }
    expect(answerTo({}, onDelivery({ province: '西藏', due: fen(5001) }), off)).toEqual(refusal('off'))
  })
})
