import type { Client } from '@temporalio/client'
import { expect, vi } from 'vitest'
import type { Sql } from '../../db/types.ts'
import type { JoinAnswer, OfferKey, SessionInput, TicketId } from '../../domain/flash-sale.ts'
import {
  type AddressId,
  type SessionId,
  type SkuId,
  sessionWorkflowId,
  type UserId,
} from '../../domain/ids.ts'
import type { Gate } from '../../redis/gate/gate.ts'
import type { session } from '../../workflows/index.ts'

export type Plan = {
  /** From now; below zero: it has opened already. */
  opensInMs?: number
  lastsMs?: number
  payWithinMs?: number
  coolOffMs?: number
  captcha?: boolean
  offers: { sku: SkuId; quota: number; price?: number; limit?: number; warehouse?: number }[]
}

let made = 0

/** Writes a session's rows, as an operator's request does; without a cool-off, unless it is said otherwise. */
export async function planSession(sql: Sql, plan: Plan): Promise<SessionInput> {
  const { opensInMs = -1000, lastsMs = 3_600_000, payWithinMs = 600_000, coolOffMs = 0 } = plan
  const { captcha = false, offers } = plan
  // The form that operators' own ids have.
  const id = `2026010100-t${process.pid}x${made++}x${Date.now().toString(36)}` as SessionId
  const opensAt = Date.now() + opensInMs
  const endsAt = opensAt + lastsMs
  await sql`
    INSERT INTO sessions (id, opens_at, ends_at, pay_within_ms, cool_off_ms, captcha)
    VALUES (${id}, ${new Date(opensAt)}, ${new Date(endsAt)}, ${payWithinMs}, ${coolOffMs}, ${captcha})`
  for (const { sku, quota, price = 900, limit = 1, warehouse = 1 } of offers) {
    await sql`
      INSERT INTO offers (session_id, sku_id, warehouse_id, price_fen, quota, buyer_limit)
      VALUES (${id}, ${sku}, ${warehouse}, ${price}, ${quota}, ${limit})`
  }
  return { session: id, opensAt, endsAt }
}

/** Starts the session's workflow. */
export const startSession = (client: Client, taskQueue: string, input: SessionInput) =>
  client.workflow.start<typeof session>('session', {
    args: [input],
    taskQueue,
    workflowId: sessionWorkflowId(input.session),
  })

export type Joiner = { id: UserId; addressId: AddressId }

/** A buyer joins with a token of their own; the ticket is used when it is granted. */
export async function join(
  gate: Gate,
  offer: OfferKey,
  { buyer, ticket, pieces = 1 }: { buyer: Joiner; ticket: TicketId; pieces?: number | undefined },
): Promise<JoinAnswer> {
  const { token } = await gate.issueToken(offer, buyer.id, 0)
  return await gate.admit(offer, { buyer: buyer.id, pieces, address: buyer.addressId, token, ticket })
}

/**
 * Waits until the offer's gate lets buyers in, or would at its hour: it is loaded paused, and opened by terms
 * that are read after the load.
 */
export const onSale = (gate: Gate, offer: OfferKey): Promise<void> =>
  vi.waitFor(
    async () => expect((await gate.peek(offer, '1' as UserId)).state).not.toBeOneOf(['unknown', 'paused']),
    { timeout: 30_000, interval: 20 },
  )

/** The ticket's state, and why. */
export async function ticketRow(
  sql: Sql,
  ticket: TicketId,
): Promise<{ state: string; reason: string | null; sync: string | null } | undefined> {
  const [row] = await sql<
    { state: string; reason: string | null; sync: string | null }[]
  >`SELECT state, reason, sync FROM tickets WHERE id = ${ticket}`
  return row
}

export type OfferRow = {
  quota: number
  granted: number
  sold: number
  epoch: number
  ended: boolean
  soldOut: boolean
}

export async function offerRow(sql: Sql, { session, sku }: OfferKey): Promise<OfferRow> {
  const [row] = await sql<OfferRow[]>`
    SELECT quota, granted, sold, epoch, ended, sold_out_at IS NOT NULL AS "soldOut"
    FROM offers
    WHERE session_id = ${session} AND sku_id = ${sku}`
  if (!row) throw new Error(`there is no offer of ${sku} in session ${session}`)
  return row
}
