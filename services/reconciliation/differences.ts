import type { Difference } from '../../db/schema/index.ts'
import type { Tx } from '../../db/types.ts'
import type { StatementOf } from './fetch.ts'

export type Differing = {
  difference: Difference
  subject: string
  orderId: string | null
  details: Record<string, string>
}

/** Stores what does not agree, each thing once. Answers how many were new. */
export async function keepDifferences(
  tx: Tx,
  { provider, date }: StatementOf,
  found: readonly Differing[],
): Promise<number> {
  if (found.length === 0) return 0
  const kept = await tx`
    INSERT INTO reconciliation (provider, date, difference, subject, order_id, details)
    SELECT ${provider}, ${date}, d.difference, d.subject, d."orderId", d.details
    FROM jsonb_to_recordset(${JSON.stringify(found)}::jsonb)
      AS d (difference text, subject text, "orderId" bigint, details jsonb)
    ON CONFLICT ON CONSTRAINT difference_once DO NOTHING`
  return kept.count
}

/** Transactions, or refunds, that a statement lists. */
export type Entries = { statement: bigint; kind: 'payment' | 'refund'; numbers: readonly string[] }

/** Stores that a statement lists these; the same number may be in it more than once. */
export async function storeEntries(tx: Tx, { statement, kind, numbers }: Entries): Promise<void> {
  await tx`
    INSERT INTO statement_entries (statement, kind, number)
    SELECT DISTINCT ${statement}::bigint, ${kind}, number
    FROM unnest(${numbers}::text[]) AS number
    ON CONFLICT DO NOTHING`
}
