import { expect } from 'vitest'
import type { OfferKey, TicketId } from '../../domain/flash-sale.ts'
import { keysOf } from '../../redis/gate/keys.ts'
import type { ConsumerDeps } from '../../workers/consumer/deps.ts'
import { offerRow } from './flash-sale.ts'

/** Resolves when the gate and PostgreSQL count the same and nothing is queued: so many pieces are left. */
export async function settles({ sql, gate }: ConsumerDeps, offer: OfferKey, left: number): Promise<void> {
  const counts = async () => {
    const { quota, granted, epoch } = await offerRow(sql, offer)
    return { granted, quota, gate: await gate.renew(offer, epoch).catch((error: Error) => error.message) }
  }
  const { quota } = await offerRow(sql, offer)
  await expect
    .poll(counts, { timeout: 30_000 })
    .toEqual({ granted: quota - left, quota, gate: { is: 'renewed', left, queued: 0 } })
}

/**
 * Resolves when every one of these tickets has become an order that waits for its payment; expects that none
 * has become two.
 */
export async function ordered({ sql, client }: ConsumerDeps, tickets: readonly TicketId[]): Promise<void> {
  const placed = async () =>
    (
      await sql`
        SELECT 1
        FROM orders o
        JOIN tickets t USING (id)
        WHERE id = ANY(${[...tickets]}::bigint[]) AND status = 'awaiting_payment' AND state = 'live'`
    ).count
  await expect.poll(placed, { timeout: 50_000 }).toBe(tickets.length)
  const runs = async () =>
    (await client.workflow.count(`WorkflowId IN (${tickets.map((ticket) => `'order-${ticket}'`).join()})`))
      .count
  await expect.poll(runs, { timeout: 20_000 }).toBe(tickets.length)
}

/**
 * Lets entries lie, tickets wait and leases last as long as it takes until somebody else looks after them.
 */
export async function timePasses({ sql, gate }: ConsumerDeps, offer: OfferKey): Promise<void> {
  const { queue } = keysOf(offer)
  if (await gate.redis.exists(queue)) {
    // What XPENDING answers with a range.
    const lying = (await gate.redis.xpending(queue, 'consumers', '-', '+', 1000)) as [entry: string][]
    if (lying.length > 0)
      await gate.redis.call(
        'XCLAIM',
        queue,
        'consumers',
        'nobody',
        0,
        ...lying.map(([entry]) => entry),
        'IDLE',
        5001,
      )
  }
  await sql`UPDATE tickets SET due_at = now() WHERE session_id = ${offer.session} AND state = 'waiting'`
  await sql`UPDATE tickets SET sync_at = now() WHERE session_id = ${offer.session} AND sync IS NOT NULL`
  await sql`UPDATE leases SET leased_until = now() WHERE name LIKE 'gate %'`
}
