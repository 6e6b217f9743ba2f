import type { Sql } from '../db/types.ts'
import type { OrderId } from '../domain/ids.ts'
import type { ClosedWhy, OrderStatus, PayState } from '../domain/order.ts'

export type OrderNow = {
  id: OrderId
  status: OrderStatus
  payState: PayState
  payBy: Date | null
  closedWhy: ClosedWhy | null
  refunded: boolean
}

/** Paid, and ready to be shipped. */
export const isPaid = ({ status, payState }: OrderNow): boolean => status === 'to_ship' && payState === 'paid'
/** To be paid at the door. */
export const isOnDelivery = ({ status, payState }: OrderNow): boolean =>
  status === 'to_ship' && payState === 'on_delivery'
/** Closed, whatever the reason. */
export const isClosed = ({ status }: OrderNow): boolean => status === 'closed'

/**
 * The rows of this run's orders, looked at a few times a second: the board shows them, and the scenes wait on
 * them.
 */
export type Following = {
  all(): readonly OrderNow[]
  /**
   * Waits until the order is as `is` says, and answers it. Throws, saying how it stands, when that does not
   * come true in time.
   */
  until(order: OrderId, is: (now: OrderNow) => boolean, withinMs?: number): Promise<OrderNow>
  stop(): Promise<void>
}

const everyMs = 250

/** Follows the orders that are placed from `since` on. */
export function follow(sql: Sql, since: Date): Following {
  let rows = new Map<OrderId, OrderNow>()
  let lookers: (() => void)[] = []
  let stopped = false

  const look = async (): Promise<void> => {
    const found = await sql<OrderNow[]>`
      SELECT o.id::text AS id, o.status, o.pay_state AS "payState", o.pay_by AS "payBy",
        o.closed_why AS "closedWhy",
             EXISTS (SELECT 1 FROM refunds r WHERE r.order_id = o.id AND r.state = 'success') AS refunded
      FROM orders o WHERE o.placed_at >= ${since}`
    rows = new Map(found.map((row) => [row.id, row]))
    const waiting = lookers
    lookers = []
    for (const looker of waiting) looker()
  }
  const looking = (async () => {
    while (!stopped) {
      await look().catch(() => {}) // PostgreSQL away for a moment: whoever waits has a bound of its own.
      await new Promise((resolve) => setTimeout(resolve, everyMs))
    }
  })()

  return {
    all: () => [...rows.values()],
    async until(order, is, withinMs = 90_000) {
      const end = Date.now() + withinMs
      for (;;) {
        const now = rows.get(order)
        if (now && is(now)) return now
        if (Date.now() > end || stopped)
          throw new Error(
            `order ${order} is still ${now ? `${now.status}, ${now.payState}` : 'not there'} after ${withinMs / 1000} s`,
          )
        await new Promise<void>((resolve) => {
          lookers.push(resolve)
          setTimeout(resolve, everyMs * 4)
        })
      }
    },
    async stop() {
      stopped = true
      await looking
    },
  }
}
