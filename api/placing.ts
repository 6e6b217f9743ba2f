import { createHash } from 'node:crypto'
import type { Client } from '@temporalio/client'
import type { OrderId, UserId } from '../domain/ids.ts'
import { kinds, type OrderStatus, type PayState } from '../domain/order.ts'
import type { OrderInput } from '../domain/order-input.ts'
import type { OrderLimits } from '../domain/order-limits.ts'
import { OrderUnknown } from '../domain/order-unknown.ts'
import type { Choice, Quote } from '../domain/quote.ts'
import { type Refusal, Refused, refuse } from '../domain/refusals.ts'
import type { Db, Events } from '../runtime/container.ts'
import { byDeadline } from '../runtime/temporal-deadline.ts'
import { keepNote } from '../services/orders/notes.ts'
import type { Placing, Refunding } from './deps.ts'
import { isBeingPlaced, requestClose, startOrder } from './order-workflows.ts'

export type PlacingDeps = {
  db: Db
  client: Client
  events: Pick<Events, 'until'>
  refunding: Pick<Refunding, 'cancelPaidOrder'>
  queue: string
  payWithinMs: number
  /** What a buyer may hold unpaid; undefined: no limits. */
  limits?: OrderLimits
  /** How long a buyer waits for the row before the answer says where to look. */
  waitMs?: number
}

type Placement = { quote: Quote; expired: boolean; choice: Choice }
type PlacedOrPending = { state: 'placed' | 'pending'; orderId: OrderId }

type Row = {
  status: OrderStatus
  fingerprint: string
  refusal: Refusal | null
  buyer: string
  payState: PayState
}

/**
 * Places orders and cancels them: starts and signals workflows, and lets the order's row answer.
 * `place`: the same token with the same choice gets the same answer for ever, with another choice
 * `token_reused`; throws `Refused` with what refused it. Still without an answer after 5 s: `pending`.
 * `cancel`: closes what is not paid, refunds what is paid and not shipped; throws `Refused`, or
 * `OrderUnknown`.
 */
export function createPlacing({
  db: { sql },
  client,
  events,
  refunding,
  queue,
  payWithinMs,
  limits,
  waitMs = 5000,
}: PlacingDeps): Placing {
  const rowOf = async (id: OrderId): Promise<Row | undefined> => {
    const [row] = await sql<Row[]>`
      SELECT status, fingerprint, refusal, buyer_id::text AS buyer, pay_state AS "payState"
      FROM orders
      WHERE id = ${id}`
    return row
  }
  /** A Temporal that does not answer is waited for no longer than a row. */
  const within = <T>(call: () => Promise<T>): Promise<T> => byDeadline(client, Date.now() + waitMs, call)
  const answered = async (id: OrderId): Promise<Row | undefined> => {
    const row = await rowOf(id)
    return row?.status === 'placing' ? undefined : row
  }

  /** Somebody else has started it: maybe long ago, so look at once. */
  const joined = async (id: OrderId, fingerprint: string): Promise<PlacedOrPending> => {
    const row = await events.until(id, { forMs: waitMs }, () => answered(id))
    return row ? answer(id, row, fingerprint) : { state: 'pending', orderId: id }
  }

  /**
   * No workflow: the order has just ended, or nothing can close it safely; the jobs finds such orders and
   * asks a human.
   */
  const hasEnded = async (id: OrderId): Promise<void> => {
    const row = await rowOf(id)
    if (row?.status === 'awaiting_payment' || row?.status === 'closing')
      refuse('unavailable', { step: 'cancel' })
  }

  return {
    async place({ quote, expired, choice }: Placement): Promise<PlacedOrPending> {
      const fingerprint = fingerprintOf(choice)
      const before = await rowOf(quote.id)
      if (before && before.status !== 'placing') return answer(quote.id, before, fingerprint)
      if (!before && expired) return await within(() => startedBefore(client, quote))
      if (before) return await joined(quote.id, fingerprint)
      await keepNote(sql, { order: quote.id, fingerprint, note: choice.note })
      // Listens before it starts, so that it cannot miss the events and need not look before there is any.
      const waiting = events.until(quote.id, { forMs: waitMs, first: 'later' }, () => answered(quote.id))
      waiting.catch(() => {}) // Awaited below, unless the start fails.
      const input = inputOf({ quote, choice, fingerprint, payWithinMs, limits })
      if (!(await within(() => startOrder(client, queue, input)))) return await joined(quote.id, fingerprint)
      const row = await waiting
      return row ? answer(quote.id, row, fingerprint) : { state: 'pending', orderId: quote.id }
    },

    async cancel(id: OrderId, buyer: UserId): Promise<void> {
      const row = await rowOf(id)
      if (!row || row.buyer !== buyer) throw new OrderUnknown(id)
      if (row.status === 'closed' || row.status === 'closing') return
      if (row.status === 'to_ship') return await refunding.cancelPaidOrder(id, buyer)
      if (row.status !== 'awaiting_payment') throw new Refused(notCancellable(row))
      if (!(await within(() => requestClose(client, id)))) await hasEnded(id)
      const ended = await events.until(id, { forMs: waitMs }, async () => {
        const now = await rowOf(id)
        return now?.status === 'awaiting_payment' || now?.status === 'closing' ? undefined : now
      })
      // Paid in the same moment: whoever paid learns it, and may cancel a paid order.
      if (ended && ended.status !== 'closed') throw new Refused(notCancellable(ended))
    },
  }
}

/** An expired token opens nothing; but the order that it started while it was good is still being placed. */
async function startedBefore(client: Client, quote: Quote): Promise<PlacedOrPending> {
  if (await isBeingPlaced(client, quote.id)) return { state: 'pending', orderId: quote.id }
  return refuse('quote_expired', { expiredAt: new Date(quote.expires * 1000).toISOString() })
}

function answer(orderId: OrderId, row: Row, fingerprint: string): PlacedOrPending {
  if (row.fingerprint !== fingerprint) return refuse('token_reused', {})
  if (row.status === 'rejected' && row.refusal) throw new Refused(row.refusal)
  return { state: 'placed', orderId }
}

const notCancellable = (row: Row): Refusal =>
  row.payState === 'paid'
    ? { code: 'already_paid', details: {} }
    : { code: 'not_payable', details: { status: row.status } }

type Wanted = {
  quote: Quote
  choice: Choice
  fingerprint: string
  payWithinMs: number
  limits: OrderLimits | undefined
}

const inputOf = ({ quote, choice, fingerprint, payWithinMs, limits }: Wanted): OrderInput => ({
  orderId: quote.id,
  buyerId: quote.buyer,
  kind: kinds.normal,
  source: quote.source,
  lines: quote.lines,
  rates: quote.rates,
  addressId: choice.addressId,
  ...(choice.couponId === undefined ? {} : { couponId: choice.couponId }),
  points: choice.points ?? '0',
  balance: choice.balance ?? '0',
  payment: choice.payment,
  fingerprint,
  payWithinMs,
  ...(limits === undefined ? {} : { limits }),
})

/** What the buyer asked for with a token, as one short text; a token stands for one choice. */
function fingerprintOf({ addressId, couponId, points, balance, payment, note }: Choice): string {
  const asked = JSON.stringify([
    addressId,
    couponId ?? null,
    points ?? '0',
    balance ?? '0',
    payment,
    note ?? '',
  ])
  return createHash('sha256').update(asked).digest('base64url')
}
