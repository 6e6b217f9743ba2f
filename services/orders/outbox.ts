import type { Sql } from '../../db/types.ts'
import type { OrderId, UserId } from '../../domain/ids.ts'

/** Lines that an order has bought and that its buyer's cart still has. */
export type CartBought = { buyerId: UserId; bought: readonly { sku: string; line: string }[] }

/** Remembers, until it is done, that bought lines have to leave the cart. */
export async function queueCartBought(sql: Sql, order: OrderId, payload: CartBought): Promise<void> {
  await sql`
    INSERT INTO outbox (topic, key, payload)
    VALUES ('cart_bought', ${order}, ${JSON.stringify(payload)}::jsonb)`
}

/**
 * Takes entries that are due; taking pushes their due time on (1 s, doubled up to 5 min), so a crash only
 * delays them.
 */
export const takeOutbox = (sql: Sql, most: number) => sql<{ id: bigint; payload: CartBought }[]>`
  WITH due AS (
    SELECT id FROM outbox
    WHERE due_at <= now()
    ORDER BY due_at
    LIMIT ${most}
    FOR UPDATE SKIP LOCKED)
  UPDATE outbox b
  SET tried = b.tried + 1,
      due_at = now() + least(interval '1 second' * power(2, least(b.tried, 9)), interval '5 minutes')
  FROM due
  WHERE b.id = due.id
  RETURNING b.id, b.payload`

/** The entry has been done: only then it goes. */
export async function removeFromOutbox(sql: Sql, id: bigint): Promise<void> {
  await sql`DELETE FROM outbox WHERE id = ${id}`
}
