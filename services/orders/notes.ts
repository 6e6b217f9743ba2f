import type { Sql } from '../../db/types.ts'
import type { OrderId } from '../../domain/ids.ts'

/**
 * Keeps a buyer's note for its order: personal data stays out of workflow histories. The first note of a
 * fingerprint counts.
 */
export async function keepNote(
  sql: Sql,
  { order, fingerprint, note }: { order: OrderId; fingerprint: string; note: string | undefined },
): Promise<void> {
  if (!note) return
  await sql`
    INSERT INTO order_notes (order_id, fingerprint, note)
    VALUES (${order}, ${fingerprint}, ${note})
    ON CONFLICT DO NOTHING`
}

/**
 * Removes notes that have reached their orders, and those whose orders never came: personal data is kept
 * once. Answers how many.
 */
export async function purgeOrderNotes(sql: Sql): Promise<number> {
  const gone = await sql`
    DELETE FROM order_notes n
    WHERE written_at < now() - interval '30 days'
       OR (SELECT placed_at FROM orders WHERE id = n.order_id) < now() - interval '1 minute'`
  return gone.count
}
