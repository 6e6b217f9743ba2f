import type { PendingQuery, Row } from 'postgres'
import type { Sql, Tx } from '../types.ts'

/**
 * One promise about the database. `rows` selects all rows that the promise is about: `subject` (what a row
 * is, in words), `holds`, an `amount` that is added up in the report (null: none), and beside them whatever
 * shows what is wrong.
 */
export type Check = {
  /** Short and stable, for tests and scripts. */
  name: string
  promise: string
  /** What is counted, in the plural, and in which unit `amount` is. */
  counts: string
  unit?: 'fen' | 'pieces' | 'points'
  rows: (sql: Sql | Tx) => PendingQuery<Row[]>
}

/**
 * What came of a check. `wrong` shows the first rows that do not add up; `wrongs` says how many there are.
 */
export type Finding = {
  name: string
  promise: string
  holds: boolean
  counts: string
  checked: bigint
  unit: Check['unit']
  amount: bigint
  wrongs: bigint
  wrong: Record<string, unknown>[]
}

const shown = 20

type Counted = { checked: bigint; amount: bigint; wrongs: bigint; wrong: Record<string, unknown>[] }

/** Runs one check, in one statement. */
export async function run(sql: Sql | Tx, { name, promise, counts, unit, rows }: Check): Promise<Finding> {
  const [found] = await sql<Counted[]>`
    WITH checked AS MATERIALIZED (${rows(sql)}),
    wrong AS (
      SELECT *
      FROM checked
      WHERE holds IS NOT TRUE
      ORDER BY subject
      LIMIT ${shown})
    SELECT count(*) AS checked,
           COALESCE(sum(amount), 0)::bigint AS amount,
           count(*) FILTER (WHERE holds IS NOT TRUE) AS wrongs,
           COALESCE((SELECT jsonb_agg(to_jsonb(w) - 'holds' - 'amount') FROM wrong w), '[]') AS wrong
    FROM checked`
  if (!found) throw new Error(`the check ${name} answered no row`)
  return { name, promise, counts, unit, holds: found.wrongs === 0n, ...found }
}
