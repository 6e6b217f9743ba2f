import { pipelined } from '../../db/pipelined.ts'
import type { Tx } from '../../db/types.ts'
import { isId } from '../../domain/ids.ts'
import type { TradeFacts } from '../../providers/provider.ts'
import { type Account, isForeignTrade } from '../payments/accounts.ts'
import { storePayment } from '../payments/notifications.ts'
import { type Differing, keepDifferences, storeEntries } from './differences.ts'
import type { BatchMatched, Matching } from './matching.ts'

/** What our rows know of one row of the statement. */
type Ours = {
  at: number
  /** Whose attempt it is: the statement's provider, or another one by which the same merchant sells. */
  provider: string | null
  orderId: string | null
  ownTransaction: string | null
  captured: bigint | null
  /** The amount that was notified of this transaction, fen, by whatever way; null: nothing was. */
  notified: bigint | null
  outcome: string | null
}

/**
 * Compares payments of a statement with our attempts. One that was never notified is stored: the jobs process
 * has it resolved, and its order is paid or its money goes back. A trade that is none of ours, and another
 * amount, are stored as differences.
 */
export async function matchPayments(
  tx: Tx,
  matching: Matching,
  paid: readonly TradeFacts[],
): Promise<BatchMatched> {
  const { ids, provider, statement, account } = matching
  if (paid.length === 0) return { repaired: 0, different: 0 }
  const transactions = paid.map(({ transaction }) => transaction)
  const [known] = await pipelined(tx, [
    whatWeKnow(tx, matching, paid),
    storeEntries(tx, { statement, kind: 'payment', numbers: transactions }),
  ])

  const differing: Differing[] = []
  const unknown: TradeFacts[] = []
  for (const ours of known) {
    const facts = paid[ours.at]
    if (!facts) continue
    const difference = compare(facts, ours, account)
    if (difference === 'not_notified') unknown.push({ ...facts, provider: ours.provider ?? provider })
    else if (difference) differing.push({ ...difference, subject: facts.transaction, orderId: ours.orderId })
  }
  // One by one: a thousand queries under way hold 50 MB.
  for (const facts of unknown) await storePayment({ sql: tx, ids }, facts, 'statement')
  return { repaired: unknown.length, different: await keepDifferences(tx, matching, differing) }
}

function compare(
  facts: TradeFacts,
  ours: Ours,
  account: Account,
): Pick<Differing, 'difference' | 'details'> | 'not_notified' | undefined {
  const { attempt, state, amount, currency, app } = facts
  const there = { trade: attempt, there: amount.toString() }
  if (ours.orderId === null && isForeignTrade(account, attempt)) return undefined
  if (ours.orderId === null)
    return { difference: 'unknown_trade', details: { ...there, state, currency, app } }
  if (ours.notified === null) return 'not_notified'
  if (ours.notified !== amount)
    return { difference: 'amount', details: { ...there, here: ours.notified.toString() } }
  // An attempt may have captured more than this: another transaction that is on its way back.
  const kept =
    ours.outcome !== 'paid' || (ours.ownTransaction === facts.transaction && (ours.captured ?? 0n) >= amount)
  return kept ? undefined : { difference: 'amount', details: { ...there, here: String(ours.captured ?? 0n) } }
}

/** One a payment; of several notifications the one that the resolver called paid. */
async function whatWeKnow(tx: Tx, { siblings }: Matching, paid: readonly TradeFacts[]): Promise<Ours[]> {
  const transactions = paid.map(({ transaction }) => transaction)
  const attempts = paid.map(({ attempt }) => (isId(attempt) ? attempt : null))
  const found = await tx<Ours[]>`
    SELECT (row.at - 1)::int AS at,
           a.provider,
           a.order_id::text AS "orderId",
           a.transaction AS "ownTransaction",
           a.captured_fen AS captured,
           n.amount_fen AS notified,
           n.outcome
    FROM unnest(${transactions}::text[], ${attempts}::bigint[])
      WITH ORDINALITY AS row (transaction, attempt, at)
    LEFT JOIN attempts a
      ON a.number = row.attempt
     AND a.provider = ANY(${[...siblings]}::text[])
    LEFT JOIN notifications n
      ON n.provider = a.provider
     AND n.kind = 'payment'
     AND n.number = row.transaction`
  const best = new Map<number, Ours>()
  for (const ours of found) if (!best.has(ours.at) || ours.outcome === 'paid') best.set(ours.at, ours)
  return [...best.values()]
}
