import { pipelined } from '../../db/pipelined.ts'
import type { Tx } from '../../db/types.ts'
import type { RefundFacts, StatementRow } from '../../providers/provider.ts'
import { type Account, isForeignTrade } from '../payments/accounts.ts'
import { storeRefund } from '../payments/notifications.ts'
import { type Differing, keepDifferences, storeEntries } from './differences.ts'
import type { BatchMatched, Matching } from './matching.ts'

type RefundRow = Extract<StatementRow, { is: 'refund' }>

/** What our rows know of one row of the statement. */
type Ours = {
  at: number
  provider: string | null
  orderId: string | null
  state: 'asked' | 'success' | 'closed' | 'abnormal' | 'replaced' | null
  amount: bigint | null
  paidTo: 'source' | 'wallet' | 'by_hand' | null
  /** The same was notified before. */
  notified: boolean
}

/**
 * Compares refunds of a statement with ours. One that arrived, and that we still wait for, is stored: the
 * jobs process asks the provider, and ends it. What we never asked for, another amount, and what arrived on
 * one side alone are stored as differences.
 */
export async function matchRefunds(
  tx: Tx,
  matching: Matching,
  rows: readonly RefundRow[],
): Promise<BatchMatched> {
  const { ids, provider, statement, account } = matching
  if (rows.length === 0) return { repaired: 0, different: 0 }
  const numbers = rows.map(({ facts }) => facts.refund)
  const [known] = await pipelined(tx, [
    whatWeKnow(tx, matching, rows),
    storeEntries(tx, { statement, kind: 'refund', numbers }),
  ])
  const differing: Differing[] = []
  const unknown: RefundFacts[] = []
  for (const ours of known) {
    const row = rows[ours.at]
    if (!row) continue
    const { facts } = row
    const difference = compare(row, ours, account)
    if (difference) {
      const here = ours.amount === null ? {} : { here: ours.amount.toString() }
      const details = {
        transaction: facts.transaction,
        trade: facts.attempt,
        state: facts.state,
        there: facts.amount.toString(),
        ...here,
      }
      differing.push({ difference, subject: facts.refund, orderId: ours.orderId, details })
    } else if (arrived(row) && ours.state !== null && ours.state !== 'success' && !ours.notified)
      unknown.push({ ...facts, provider: ours.provider ?? provider })
  }
  // One by one: a thousand queries under way hold 50 MB.
  for (const facts of unknown) await storeRefund({ sql: tx, ids }, facts, 'statement')
  return { repaired: unknown.length, different: await keepDifferences(tx, matching, differing) }
}

const arrived = ({ final, failed }: RefundRow): boolean => final && !failed

function compare(
  row: RefundRow,
  { state, amount, paidTo }: Ours,
  account: Account,
): Differing['difference'] | undefined {
  if (state === null) return isForeignTrade(account, row.facts.attempt) ? undefined : 'unknown_refund'
  if (row.facts.amount !== amount) return 'refund_amount'
  if (state !== 'success') return undefined
  if (paidTo === 'wallet' || paidTo === 'by_hand') return arrived(row) ? 'refund_paid_twice' : undefined
  return row.failed ? 'refund_failed_there' : undefined
}

/** One a refund. */
async function whatWeKnow(tx: Tx, { siblings }: Matching, rows: readonly RefundRow[]): Promise<Ours[]> {
  const numbers = rows.map(({ facts }) => facts.refund)
  const states = rows.map(({ facts }) => facts.state)
  return tx<Ours[]>`
    SELECT (row.at - 1)::int AS at,
           a.provider,
           r.order_id::text AS "orderId",
           r.state,
           r.amount_fen AS amount,
           r.paid_to AS "paidTo",
           EXISTS (
             SELECT 1
             FROM notifications n
             WHERE n.provider = a.provider
               AND n.kind = 'refund'
               AND n.number = row.number
               AND n.state = row.state
           ) AS notified
    FROM unnest(${numbers}::text[], ${states}::text[])
      WITH ORDINALITY AS row (number, state, at)
    LEFT JOIN (
      refunds r
      JOIN attempts a ON a.number = r.attempt AND a.provider = ANY(${[...siblings]}::text[])
    ) ON r.number = row.number`
}
