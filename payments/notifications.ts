import type { Sql, Tx } from '../db/client.ts'
import { type Ids, isId, type NotificationId, type OrderId } from '../domain/ids.ts'
import type { TradeFacts } from './provider.ts'

/** Who found out: the provider's callback, the watch or the closing that asked, or our own wallet. */
export type FoundBy = 'callback' | 'watch' | 'closing' | 'balance'

/** A stored notification. `orderId` is null when its trade number is none of ours; `outcome` is null until the judge has spoken. */
export type Stored = { id: NotificationId; orderId: OrderId | null; outcome: string | null }

/** How long a stored notification may wait before the relay has it judged: who stores it does so at once. */
const graceMs = 5000

/**
 * Stores what a provider said about a payment, once per provider, transaction and state, whoever finds it and however often.
 * The facts have been verified; they are not believed before they are judged.
 */
export async function storePayment(sql: Sql | Tx, ids: Ids, facts: TradeFacts, found: FoundBy): Promise<Stored> {
  const [stored] = await sql<Stored[]>`
    WITH stored AS (
      INSERT INTO notifications (id, provider, kind, number, state, trade, attempt, amount_fen, currency, merchant, app, found, due_at)
      VALUES (${ids.next()}, ${facts.provider}, 'payment', ${facts.transaction}, ${facts.state}, ${facts.attempt},
              (SELECT number FROM attempts WHERE number = ${isId(facts.attempt) ? facts.attempt : null}),
              ${facts.amount}, ${facts.currency}, ${facts.merchant}, ${facts.app}, ${found}, ${new Date(Date.now() + graceMs)})
      ON CONFLICT ON CONSTRAINT notification_once DO NOTHING RETURNING id, attempt, outcome)
    SELECT s.id::text AS id, s.outcome, a.order_id::text AS "orderId" FROM stored s LEFT JOIN attempts a ON a.number = s.attempt`
  return stored ?? storedBefore(sql, facts)
}

async function storedBefore(sql: Sql | Tx, { provider, transaction, state }: TradeFacts): Promise<Stored> {
  const [stored] = await sql<Stored[]>`
    SELECT n.id::text AS id, n.outcome, a.order_id::text AS "orderId" FROM notifications n LEFT JOIN attempts a ON a.number = n.attempt
    WHERE n.provider = ${provider} AND n.kind = 'payment' AND n.number = ${transaction} AND n.state = ${state}`
  if (!stored) throw new Error(`notification ${provider} ${transaction} ${state} was neither stored nor there`)
  return stored
}
