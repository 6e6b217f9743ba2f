import type { Sql, Tx } from '../../db/types.ts'
import { type Ids, isId, type NotificationId, type OrderId } from '../../domain/ids.ts'
import type { Notified, RefundFacts, TradeFacts } from '../../providers/provider.ts'

/** Who found out: the provider's callback, the watch, the closing or the statement that asked, or our own wallet. */
export type FoundBy = 'callback' | 'watch' | 'closing' | 'balance' | 'statement'

/** A stored notification. `orderId` is null when its trade number is none of ours; `outcome` is null until the resolver has spoken. */
export type Stored = { id: NotificationId; orderId: OrderId | null; outcome: string | null }

/** How long a stored payment may wait before the jobs has it resolved: who stores it does so at once. */
export const graceMs = 5000

/**
 * Stores what a provider said about a payment, once per provider, transaction and state, whoever finds it and however often.
 * The facts have been verified; they are not believed before they are resolved.
 */
export const storePayment = (sql: Sql | Tx, ids: Ids, facts: TradeFacts, found: FoundBy): Promise<Stored> =>
  store(sql, ids, { kind: 'payment', number: facts.transaction, facts, found, graceMs })

/** Stores what a provider said about a refund: the jobs asks about it, whatever was said. */
export const storeRefund = (sql: Sql | Tx, ids: Ids, facts: RefundFacts, found: FoundBy): Promise<Stored> =>
  store(sql, ids, { kind: 'refund', number: facts.refund, facts, found, graceMs: 0 })

/**
 * Stores what a callback said, payments by `payment`. What brings no money (`progress`) changes nothing here: the watch asks about its attempt
 * at once. Undefined for what we do not act on.
 */
export async function storeNotified(
  sql: Sql,
  ids: Ids,
  told: Notified,
  payment: (facts: TradeFacts) => Promise<Stored> = (facts) => storePayment(sql, ids, facts, 'callback'),
): Promise<Stored | undefined> {
  switch (told.is) {
    case 'payment':
      return payment(told.facts)
    case 'refund':
      return storeRefund(sql, ids, told.facts, 'callback')
    case 'progress': {
      const { facts } = told
      const stored = await store(sql, ids, {
        kind: 'payment',
        number: facts.transaction,
        facts,
        found: 'callback',
        graceMs,
        outcome: 'noted',
      })
      if (isId(facts.attempt))
        await sql`UPDATE attempts SET next_ask_at = now() WHERE number = ${facts.attempt} AND next_ask_at IS NOT NULL`
      return stored
    }
    case 'other':
      return undefined
  }
}

type Telling = {
  kind: 'payment' | 'refund'
  /** The transaction, or our refund's number. */
  number: string
  facts: TradeFacts
  found: FoundBy
  graceMs: number
  outcome?: 'noted'
}

async function store(sql: Sql | Tx, ids: Ids, telling: Telling): Promise<Stored> {
  const { kind, number, facts, found, graceMs, outcome = null } = telling
  const [stored] = await sql<Stored[]>`
    INSERT INTO notifications (id, provider, kind, number, state, trade, attempt, amount_fen, currency, merchant, app, found, due_at, outcome, resolved_at)
    VALUES (${ids.next()}, ${facts.provider}, ${kind}, ${number}, ${facts.state}, ${facts.attempt},
              (SELECT number FROM attempts WHERE number = ${isId(facts.attempt) ? facts.attempt : null}),
              ${facts.amount}, ${facts.currency}, ${facts.merchant}, ${facts.app}, ${found}, ${new Date(Date.now() + graceMs)}, ${outcome},
              ${outcome === null ? null : new Date()})
    ON CONFLICT ON CONSTRAINT notification_once DO NOTHING
    RETURNING id::text AS id, outcome, (SELECT order_id::text FROM attempts WHERE attempts.number = notifications.attempt) AS "orderId"`
  return stored ?? storedBefore(sql, telling)
}

async function storedBefore(
  sql: Sql | Tx,
  { kind, number, facts: { provider, state } }: Telling,
): Promise<Stored> {
  const [stored] = await sql<Stored[]>`
    SELECT n.id::text AS id, n.outcome, a.order_id::text AS "orderId" FROM notifications n LEFT JOIN attempts a ON a.number = n.attempt
    WHERE n.provider = ${provider} AND n.kind = ${kind} AND n.number = ${number} AND n.state = ${state}`
  if (!stored)
    throw new Error(`notification ${provider} ${kind} ${number} ${state} was neither stored nor there`)
  return stored
}
