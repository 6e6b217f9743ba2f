import { createHash } from 'node:crypto'
import type { Sql } from '../db/types.ts'
import type { OrderId } from '../domain/ids.ts'
import type { Events } from '../runtime/container.ts'
import { refundOrder } from '../services/payments/refund-order.ts'
import { recordPaidByHand, reissueRefund } from '../services/payments/refunds/failed.ts'
import type { Refunding } from './deps.ts'

/** Refunds orders, for operators and for buyers who cancel theirs. The jobs have the money sent. */
export function createRefunding({ sql, events }: { sql: Sql; events: Pick<Events, 'announce'> }): Refunding {
  return {
    async refund(order, { key, ...request }) {
      const number = await refundOrder(sql, order, { ...request, key: short(key), cause: 'operator' })
      events.announce(order)
      return number
    },
    async reissue(action) {
      const acted = await reissueRefund(sql, action)
      events.announce(acted.orderId)
      return acted
    },
    async recordPaidByHand(action) {
      const acted = await recordPaidByHand(sql, action)
      events.announce(acted.orderId)
      return acted
    },
    async cancelPaidOrder(order: OrderId, buyer) {
      await refundOrder(sql, order, { key: 'cancelled', cause: 'cancelled', reason: '', askedBy: buyer })
      events.announce(order)
    },
  }
}

/** A key of any form as a part of the refund's number, which providers want short and plain. */
const short = (key: string): string => createHash('sha256').update(key).digest('base64url').slice(0, 22)
