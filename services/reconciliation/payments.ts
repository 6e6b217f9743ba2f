import { pipelined } from '../../db/pipelined.ts'
import type { Tx } from '../../db/types.ts'
import { type Ids, isId } from '../../domain/ids.ts'
import type { TradeFacts } from '../../providers/provider.ts'
import { type Account, isForeignTrade } from '../payments/accounts.ts'
import { storePayment } from '../payments/notifications.ts'
import { type Differing, keepDifferences, noteEntries } from './differences.ts'
import type { StatementOf } from './fetch.ts'

/** What our rows know of one row of the statement. */
type Ours = {
  at: number
  /** Whose attempt it is: the statement's provider, or another one by which the same merchant sells. */
  provider: string | null
  orderId: string | null
  ownTransaction: string | null
  captured: bigint | null
  /** What we were told of this transaction, whoever told it; null: nothing. */
  told: bigint | null
  outcome: string | null
}

/**
 * Compares payments of a statement with our attempts. One that we were never told of is stored: the jobs has it resolved, and its order is paid or its
 * money goes back. A trade that is none of ours, and another amount, are kept as differences.
 */
export async function matchPayments(
  tx: Tx,
  ids: Ids,
  of: StatementOf & { siblings: readonly string[]; account: Account },
  statement: bigint,
  paid: readonly TradeFacts[],
): Promise<{ repaired: number; different: number }> {
  if (paid.length === 0) return { repaired: 0, different: 0 }
  const transactions = paid.map(({ transaction }) => transaction)
  const [known] = await pipelined(tx, [
    whatWeKnow(tx, of.siblings, paid, transactions),
    noteEntries(tx, statement, 'payment', transactions),
  ])

  const differing: Differing[] = []
  const untold: TradeFacts[] = []
  for (const ours of known) {
    const facts = paid[ours.at]
    if (!facts) continue
    const difference = compare(facts, ours, of.account)
    if (difference === 'untold') untold.push({ ...facts, provider: ours.provider ?? of.provider })
    else if (difference) differing.push({ ...difference, subject: facts.transaction, orderId: ours.orderId })
  }
  for (const facts of untold) await storePayment(tx, ids, facts, 'statement') // One by one: a thousand queries under way hold 50 MB.
  return { repaired: untold.length, different: await keepDifferences(tx, of, differing) }
}

function compare(
  facts: TradeFacts,
  ours: Ours,
  account: Account,
): Pick<Differing, 'difference' | 'details'> | 'untold' | undefined {
  const { attempt, state, amount, currency, app } = facts
  const there = { trade: attempt, there: amount.toString() }
  if (ours.orderId === null && isForeignTrade(account, attempt)) return undefined
  if (ours.orderId === null)
    return { difference: 'unknown_trade', details: { ...there, state, currency, app } }
  if (ours.told === null) return 'untold'
  if (ours.told !== amount) return { difference: 'amount', details: { ...there, here: ours.told.toString() } }
  // An attempt may have captured more than this: another transaction that is on its way back.
  const kept =
    ours.outcome !== 'paid' || (ours.ownTransaction === facts.transaction && (ours.captured ?? 0n) >= amount)
  return kept ? undefined : { difference: 'amount', details: { ...there, here: String(ours.captured ?? 0n) } }
}

/** One a payment; where we were told more than once, what the resolver called paid. */
async function whatWeKnow(
  tx: Tx,
  siblings: readonly string[],
  paid: readonly TradeFacts[],
  transactions: readonly string[],
): Promise<Ours[]> {
  const found = await tx<Ours[]>`
    SELECT (row.at - 1)::int AS at, a.provider, a.order_id::text AS "orderId", a.transaction AS "ownTransaction", a.captured_fen AS captured,
           n.amount_fen AS told, n.outcome
    FROM unnest(${[...transactions]}::text[], ${paid.map(({ attempt }) => (isId(attempt) ? attempt : null))}::bigint[]) WITH ORDINALITY AS row (transaction, attempt, at)
    LEFT JOIN attempts a ON a.number = row.attempt AND a.provider = ANY(${[...siblings]}::text[])
    LEFT JOIN notifications n ON n.provider = a.provider AND n.kind = 'payment' AND n.number = row.transaction`
  const best = new Map<number, Ours>()
  for (const ours of found) if (!best.has(ours.at) || ours.outcome === 'paid') best.set(ours.at, ours)
  return [...best.values()]
}
