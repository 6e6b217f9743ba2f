import type { Sql } from '../../db/types.ts'

/** How long statements and what came of them are kept, in days. */
export type StatementRetention = {
  /** A statement's raw text, from when it was matched: it names payers by their ids. */
  statementDays: number
  /** What a statement lists: looked at for 31 days, by the statements after it. */
  entryDays: number
  /** Differences that somebody has seen to, from when they were cleared. */
  clearedDays: number
}

/**
 * Rows that one statement removes: so few that nobody waits for it. Parts and entries are never updated, so a
 * `ctid` stays good.
 */
const batch = 1000

/**
 * Removes of statements what its retention has left behind, a batch of each kind, and answers how many rows
 * that was. The statement's own row stays, with its digest and its figures.
 */
export async function pruneStatements(
  sql: Sql,
  { statementDays, entryDays, clearedDays }: StatementRetention,
): Promise<number> {
  const removed = [
    await sql`
      DELETE FROM statement_parts
      WHERE ctid = ANY(ARRAY(
        SELECT p.ctid
        FROM statements s
        CROSS JOIN LATERAL (
          SELECT ctid
          FROM statement_parts
          WHERE statement = s.id
          LIMIT ${batch}
        ) p
        WHERE s.matched_at < now() - make_interval(days => ${statementDays})
        LIMIT ${batch}
      ))`,
    await sql`
      DELETE FROM statement_entries
      WHERE ctid = ANY(ARRAY(
        SELECT e.ctid
        FROM statements s
        CROSS JOIN LATERAL (
          SELECT ctid
          FROM statement_entries
          WHERE statement = s.id
          LIMIT ${batch}
        ) e
        WHERE s.matched_at < now() - make_interval(days => ${entryDays})
        LIMIT ${batch}
      ))`,
    await sql`
      DELETE FROM reconciliation
      WHERE id = ANY(ARRAY(
        SELECT id
        FROM reconciliation
        WHERE cleared_at < now() - make_interval(days => ${clearedDays})
        ORDER BY cleared_at
        LIMIT ${batch}
      ))`,
  ]
  return removed.reduce((sum, { count }) => sum + count, 0)
}
