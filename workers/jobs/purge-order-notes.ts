import type { JobsDeps } from './deps.ts'

/** Removes buyers' notes that have reached their orders, and those whose orders never came: personal data is kept once. Answers how many. */
export async function purgeOrderNotes({ sql }: Pick<JobsDeps, 'sql'>): Promise<number> {
  const gone = await sql`
    DELETE FROM order_notes n WHERE written_at < now() - interval '30 days'
      OR EXISTS (SELECT 1 FROM orders o WHERE o.id = n.order_id AND o.placed_at < now() - interval '1 minute')`
  return gone.count
}
