import type { Sql, Tx } from '../../db/types.ts'
import { type Ids, isId, type NotificationId, type OrderId } from '../../domain/ids.ts'
import type { Notified, RefundFacts, TradeFacts } from '../../providers/provider.ts'

/**
 * Who found out: the provider's callback; the watch, the closing or the statement that asked; or our own
 * wallet.
 */
export type FoundBy = 'callback' | 'watch' | 'closing' | 'balance' | 'statement'

/**
 * A stored notification. `orderId` is null when its trade number is none of ours; `outcome` is null until it
 * has been resolved.
 */
export type Stored = { id: NotificationId; orderId: OrderId | null; outcome: string | null }

/** `sql`: the pool, or the transaction that the notification belongs to. */
export type StoreDeps = { sql: Sql | Tx; ids: Ids }

/**
 * How long, in ms, a stored payment may wait before the jobs have it resolved: who stores it does so at once.
 */
export const graceMs = 5000

/**
 * Stores what a provider said about a payment, once a provider, transaction and state, whoever finds it and
 * however often. The facts have been verified; they are not believed before they are resolved.
 */
export const storePayment = (deps: StoreDeps, facts: TradeFacts, found: FoundBy): Promise<Stored> =>
  store(deps, { kind: 'payment', number: facts.transaction, facts, found, graceMs })

/** Stores what a provider said about a refund: the jobs ask the provider, whatever was said. */
export const storeRefund = (deps: StoreDeps, facts: RefundFacts, found: FoundBy): Promise<Stored> =>
  store(deps, { kind: 'refund', number: facts.refund, facts, found, graceMs: 0 })

/**
 * Stores what a callback said; payments by `payment`, where they are stored together. Undefined for what we
 * do not act on.
 */
export async function storeNotified(
  deps: StoreDeps,
  notified: Notified,
  payment: (facts: TradeFacts) => Promise<Stored> = (facts) => storePayment(deps, facts, 'callback'),
): Promise<Stored | undefined> {
  switch (notified.is) {
    case 'payment':
      return payment(notified.facts)
    case 'refund':
      return storeRefund(deps, notified.facts, 'callback')
    case 'progress':
      return storeProgress(deps, notified.facts)
    case 'other':
      return undefined
  }
}

/**
 * A trade has moved on and brought no money that we know of. Stored under a kind of its own, so that it never
 * takes the place of the payment that the same transaction may bring in the same state; and the watch asks
 * about its attempt at once.
 */
async function storeProgress(deps: StoreDeps, facts: TradeFacts): Promise<Stored> {
  const stored = await store(deps, {
    kind: 'progress',
    number: facts.transaction,
    facts,
    found: 'callback',
    graceMs,
    outcome: 'noted',
  })
  if (isId(facts.attempt))
    await deps.sql`
      UPDATE attempts
      SET next_ask_at = now()
      WHERE number = ${facts.attempt}
        AND next_ask_at IS NOT NULL`
  return stored
}

type NewNotification = {
  kind: 'payment' | 'progress' | 'refund'
  /** The transaction, or our refund's number. */
  number: string
  facts: TradeFacts
  found: FoundBy
  graceMs: number
  outcome?: 'noted'
}

async function store({ sql, ids }: StoreDeps, notification: NewNotification): Promise<Stored> {
  const { kind, number, facts, found, graceMs, outcome = null } = notification
  const { provider, state, attempt: trade, amount, currency, merchant, app } = facts
  const [stored] = await sql<Stored[]>`
    INSERT INTO notifications (id, provider, kind, number, state, trade, attempt, amount_fen, currency,
                               merchant, app, found, due_at, outcome, resolved_at)
    VALUES (${ids.next()}, ${provider}, ${kind}, ${number}, ${state}, ${trade},
            (SELECT number FROM attempts WHERE number = ${isId(trade) ? trade : null}),
            ${amount}, ${currency}, ${merchant}, ${app}, ${found},
            ${new Date(Date.now() + graceMs)}, ${outcome}, ${outcome === null ? null : new Date()})
    ON CONFLICT ON CONSTRAINT notification_once DO NOTHING
    RETURNING id::text AS id,
              outcome,
              (SELECT order_id::text
              FROM attempts
              WHERE attempts.number = notifications.attempt) AS "orderId"`
  return stored ?? storedBefore(sql, notification)
}

async function storedBefore(
  sql: Sql | Tx,
  { kind, number, facts: { provider, state } }: NewNotification,
): Promise<Stored> {
  const [stored] = await sql<Stored[]>`
    SELECT n.id::text AS id,
           n.outcome,
           a.order_id::text AS "orderId"
    FROM notifications n
    LEFT JOIN attempts a ON a.number = n.attempt
    WHERE n.provider = ${provider}
      AND n.kind = ${kind}
      AND n.number = ${number}
      AND n.state = ${state}`
  if (!stored)
    throw new Error(`notification ${provider} ${kind} ${number} ${state} was neither stored nor there`)
  return stored
}
