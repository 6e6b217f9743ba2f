import { expect } from 'vitest'
import type { OrderId } from '../../domain/ids.ts'
import type { Switches } from '../../sandbox/client.ts'
import type { Shopper, TestSystem } from './system.ts'

type Opened = { shopper: Shopper; order: OrderId; number: string }

/** What files about payments begin with. `system`: the file's own, once it is open. */
export function ordersToPay(system: () => TestSystem) {
  let next = 0
  const newShopper = () => system().shopper(next++)
  return {
    newShopper,
    /** A new order of a new buyer, with an open attempt at WeChat. */
    async opened(switches: Switches = {}): Promise<Opened> {
      const shopper = await newShopper()
      const order = await system().buy(shopper, 1)
      const { status, body } = await system().pay(shopper, order)
      expect(status).toBe(201)
      const number = String(body.number)
      if (Object.keys(switches).length > 0) await system().sandbox.switches(switches, number)
      return { shopper, order, number }
    },
    refundsOf: (order: OrderId) =>
      system().container.db.sql`SELECT cause, state FROM refunds WHERE order_id = ${order}`,
  }
}
