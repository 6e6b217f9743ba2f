import type { Sql } from '../../db/types.ts'
import type { OfferKey } from '../../domain/flash-sale.ts'
import { clearAttention, raiseAttention } from '../operations/attention.ts'
import { nameOf } from './running-offers.ts'

type Late = OfferKey & { tickets: number; since: Date }

/**
 * Asks a human about offers with tickets whose order has not been placed for five minutes: one row an offer,
 * with how many there are now. Clears it once none is late any more.
 * @returns 0: there is always a pause until the next look
 */
export async function reportLateTickets(sql: Sql): Promise<number> {
  const late = await sql<Late[]>`
    SELECT session_id AS session,
           sku_id::text AS sku,
           count(*)::int AS tickets,
           min(staged_at) AS since
    FROM tickets
    WHERE state = 'waiting'
      AND staged_at < now() - interval '5 minutes'
    GROUP BY session_id, sku_id`
  for (const { tickets, since, ...offer } of late)
    await raiseAttention(sql, {
      reason: 'ticket_waiting',
      subject: nameOf(offer),
      details: { tickets: String(tickets), oldest: since.toISOString() },
      refresh: true,
    })
  const open = await sql<{ subject: string }[]>`
    SELECT subject
    FROM attention
    WHERE reason = 'ticket_waiting'
      AND cleared_at IS NULL`
  const names = new Set(late.map(nameOf))
  for (const { subject } of open)
    if (!names.has(subject)) await clearAttention(sql, 'ticket_waiting', subject)
  return 0
}
