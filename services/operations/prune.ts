import type { Sql } from '../../db/types.ts'

/** Removes attention that was cleared so many days ago, a batch of it. Answers how many rows. */
export async function pruneAttention(sql: Sql, clearedDays: number): Promise<number> {
  const removed = await sql`
    DELETE FROM attention
    WHERE id = ANY(ARRAY(
      SELECT id
      FROM attention
      WHERE cleared_at < now() - make_interval(days => ${clearedDays})
      ORDER BY cleared_at
      LIMIT 1000
    ))`
  return removed.count
}
