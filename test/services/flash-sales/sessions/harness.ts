import { expect } from 'vitest'
import type { OfferKey, SessionInput, TicketId } from '../../../../domain/flash-sale.ts'
import type { SkuId } from '../../../../domain/ids.ts'
import { keysOf } from '../../../../redis/gate/keys.ts'
import type { FreshDatabase } from '../../../support/database.ts'
import {
  type Joiner,
  join,
  offerRow,
  onSale,
  type Plan,
  planSession,
  startSession,
} from '../../../support/flash-sale.ts'
import { type ConsumerHarness, consumerHarness } from '../../../workers/consumer/harness.ts'

/** A session with its workflow, and its first offer. */
export type Sale = {
  input: SessionInput
  offer: OfferKey
  sku: SkuId
  workflow: Awaited<ReturnType<typeof startSession>>
}
type Terms = Omit<Plan, 'offers'> & { quota?: number; stock?: number; limit?: number }

/**
 * Sessions with their workflows on real servers, in a shop of the file's own. No consumer runs unless the
 * test starts one.
 */
export type SessionHarness = Omit<ConsumerHarness, 'open' | 'admitted'> & {
  /** Plans a session with one offer of five pieces, all that the shelf has, unless it is said otherwise. */
  plan(terms?: Terms): Promise<Omit<Sale, 'workflow'>>
  /** Plans it and starts its workflow. */
  start(terms?: Terms): Promise<Sale>
  /** The same, and waits until it is preheated. It is open, unless it is said otherwise. */
  open(terms?: Terms): Promise<Sale>
  /** What the gate answers to a buyer, a new one unless it is said otherwise. */
  answer(offer: OfferKey, buyer?: Joiner): Promise<string>
  admitted(offer: OfferKey, buyer?: Joiner): Promise<TicketId>
  /** Pieces on the shelf that nobody has reserved. */
  shelf(sku: SkuId): Promise<number>
  /** Where the offer's pieces are, by PostgreSQL and by the gate. */
  pieces(
    offer: OfferKey,
  ): Promise<{ quota: number; granted: number; sold: number; left: number | undefined; shelf: number }>
  /** Pieces that the gate and PostgreSQL know of: left + queued + granted. */
  counted(offer: OfferKey): Promise<number>
  /** Expects that these are the quota. */
  conserved(offer: OfferKey): Promise<void>
  /** Which of the offer's keys Redis has. */
  keys(offer: OfferKey): Promise<string[]>
}

export async function sessionHarness(options: { fresh?: FreshDatabase } = {}): Promise<SessionHarness> {
  const consumer = await consumerHarness(options)
  const { sql, shop, deps, redis } = consumer
  const { gate } = deps
  /** As the supervisor does, where no consumer runs. */
  const renew = async (offer: OfferKey) => gate.renew(offer, (await offerRow(sql, offer)).epoch)
  const harness: SessionHarness = {
    ...consumer,
    async plan({ quota = 5, stock = quota, limit = 1, ...plan } = {}) {
      const sku = await shop.sku({ 1: stock })
      const input = await planSession(sql, { ...plan, offers: [{ sku, quota, limit }] })
      return { input, sku, offer: { session: input.session, sku } }
    },
    async start(terms) {
      const planned = await harness.plan(terms)
      return { ...planned, workflow: await startSession(deps.client, deps.ordersQueue, planned.input) }
    },
    async open(terms) {
      const sale = await harness.start(terms)
      await onSale(gate, sale.offer)
      return sale
    },
    async answer(offer, buyer) {
      await renew(offer)
      // A fresh snowflake.
      const { answer } = await join(gate, offer, {
        buyer: buyer ?? (await shop.buyer()),
        ticket: shop.ids.next() as TicketId,
      })
      return answer
    },
    async admitted(offer, buyer) {
      await renew(offer)
      return await consumer.admitted(offer, buyer ? { buyer } : {})
    },
    async shelf(sku) {
      const [row] = await sql<
        { free: number }[]
      >`SELECT (on_hand - reserved) AS free FROM stock WHERE sku_id = ${sku} AND warehouse_id = 1`
      return row?.free ?? 0
    },
    async pieces(offer) {
      const { quota, granted, sold } = await offerRow(sql, offer)
      return { quota, granted, sold, left: await gate.left(offer), shelf: await harness.shelf(offer.sku) }
    },
    async counted(offer) {
      const { granted, epoch } = await offerRow(sql, offer)
      const gates = await gate.renew(offer, epoch)
      if (gates.is !== 'renewed') throw new Error(`the gate is not the one of epoch ${epoch}: ${gates.is}`)
      return gates.left + gates.queued + granted
    },
    async conserved(offer) {
      expect(await harness.counted(offer)).toBe((await offerRow(sql, offer)).quota)
    },
    async keys(offer) {
      const { offer: key } = keysOf(offer)
      const found = await redis.keys(`${key.slice(0, key.lastIndexOf(':'))}:*`)
      return found
        .map((name) => name.slice(key.lastIndexOf(':') + 1))
        .filter((name) => !name.startsWith('token:'))
    },
  }
  return harness
}

let changes = 0
/** An id for a change. */
export const newChange = (): string => `change-${++changes}`
