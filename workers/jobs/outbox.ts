import type { UserId } from '../../domain/ids.ts'
import { batch, type JobsDeps } from './deps.ts'

type Due = { id: bigint; payload: { buyerId: UserId; bought: { sku: string; line: string }[] } }

/** Tells other systems what a commit promised them, until they have taken it; only then the row goes. */
export async function emptyOutbox({ sql, carts, log }: JobsDeps): Promise<number> {
  const due = await sql<Due[]>`
    WITH due AS (SELECT id FROM outbox WHERE due_at <= now() ORDER BY due_at LIMIT ${batch} FOR UPDATE SKIP LOCKED)
    UPDATE outbox b SET tried = b.tried + 1, due_at = now() + least(interval '1 second' * power(2, least(b.tried, 9)), interval '5 minutes')
    FROM due WHERE b.id = due.id RETURNING b.id, b.payload`
  for (const { id, payload } of due) {
    try {
      await carts.removeBought(payload.buyerId, payload.bought)
      await sql`DELETE FROM outbox WHERE id = ${id}`
    } catch (error) {
      log.warn({ error, id }, 'an entry of the outbox is tried again')
    }
  }
  return due.length
}
