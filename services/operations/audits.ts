import { audit } from '../../db/audit/audit.ts'
import type { Sql } from '../../db/types.ts'

/** How many runs are kept. */
const kept = 100

/**
 * Audits the books when the last audit began so many hours ago or earlier, and writes what it found: one
 * process does, however many ask. Nothing of the business waits for it.
 * @returns of each check how many rows do not add up; undefined when no audit was due
 */
export async function auditWhenDue(
  sql: Sql,
  everyHours: number,
): Promise<Record<string, number> | undefined> {
  const run = await claim(sql, everyHours)
  if (run === undefined) return undefined
  const { findings } = await audit(sql)
  const differences = Object.fromEntries(findings.map(({ name, wrongs }) => [name, Number(wrongs)]))
  await sql`
    UPDATE audits
    SET ended_at = now(),
        differences = ${JSON.stringify(differences)}::jsonb
    WHERE id = ${run}`
  await sql`
    DELETE FROM audits
    WHERE id <= ${run - BigInt(kept)}`
  return differences
}

/** The lock serializes who asks; who comes second finds the first one's row. */
function claim(sql: Sql, everyHours: number): Promise<bigint | undefined> {
  return sql.begin(async (tx) => {
    await tx`SELECT pg_advisory_xact_lock(hashtext('audits'))`
    const [run] = await tx<{ id: bigint }[]>`
      INSERT INTO audits (started_at)
      SELECT now()
      WHERE NOT EXISTS (
        SELECT 1
        FROM audits
        WHERE id = (SELECT max(id) FROM audits)
          AND started_at > now() - make_interval(hours => ${everyHours}))
      RETURNING id`
    return run?.id
  })
}
