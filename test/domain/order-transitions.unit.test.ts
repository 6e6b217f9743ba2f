import { describe, expect, it } from 'vitest'
import {
  hidden,
  kinds,
  mayLeaveFor,
  type OrderStatus,
  payStates,
  placingSteps,
  shippingStates,
  statuses,
} from '../../domain/order.ts'

const goesTo = (from: OrderStatus): OrderStatus[] =>
  statuses.filter((next) => mayLeaveFor(next).includes(from))

describe("an order's life", () => {
  it('has exactly the changes of status that the design draws', () => {
    expect(Object.fromEntries(statuses.map((status) => [status, goesTo(status)]))).toEqual({
      placing: ['awaiting_payment', 'to_ship', 'rejected'],
      awaiting_payment: ['to_ship', 'closing'],
      closing: ['to_ship', 'closed'],
      to_ship: ['shipped', 'closed'],
      shipped: ['received'],
      received: ['completed'],
      completed: [],
      rejected: [],
      closed: [],
    })
  })

  it('closes what waits for money only from closing, where the provider is asked, and what is paid only by a refund, before it is shipped', () => {
    expect(mayLeaveFor('closed')).toEqual(['to_ship', 'closing'])
    expect(mayLeaveFor('closing')).toEqual(['awaiting_payment'])
  })

  it('lets a payment win while the order is closing, and never after it closed', () => {
    expect(mayLeaveFor('to_ship')).toContain('closing')
    expect(mayLeaveFor('to_ship')).not.toContain('closed')
  })

  it('reaches an end from every status', () => {
    const ends = statuses.filter((status) => goesTo(status).length === 0)
    const endsFrom = (from: OrderStatus): boolean => ends.includes(from) || goesTo(from).every(endsFrom)
    expect(statuses.every(endsFrom)).toBe(true)
  })

  it('never goes back to placing', () => {
    expect(mayLeaveFor('placing')).toEqual([])
    expect(hidden).toEqual(['placing', 'rejected'])
  })
})

describe('what the database and the API keep of an order', () => {
  it('has these names and numbers', () => {
    expect(payStates).toEqual(['unpaid', 'paid', 'on_delivery', 'partly_refunded', 'refunded'])
    expect(shippingStates).toEqual(['not_shipped', 'partly_shipped', 'shipped', 'received'])
    expect(kinds).toEqual({ normal: 1, seckill: 2 })
  })

  it('takes the placing steps in one order of locks', () => {
    expect(placingSteps).toEqual([
      ...['reserve_stock', 'take_offer', 'lock_coupon', 'debit_balance', 'spend_points', 'confirm'],
    ])
  })
})
