import { expect } from 'vitest'
import type { OfferKey, TicketId } from '../../domain/flash-sale.ts'
import { type AddressId, orderWorkflowId, type SkuId, type UserId } from '../../domain/ids.ts'
import { consumerVariables, readEnv } from '../../runtime/environment.ts'
import type { ConsumerDeps } from '../../workers/consumer/deps.ts'
import { consumerDeps } from '../../workers/consumer/deps.ts'
import { openSystem, type TestSystem } from '../end-to-end/system.ts'
import { copyFiles, type Node, serversFolder, startNode } from '../redis/gate/nodes.ts'
import { ordered } from '../support/consuming.ts'
import { join, offerRow, onSale, planSession, startSession } from '../support/flash-sale.ts'
import { type Door, doorTo } from '../support/proxy.ts'

type Sale = { offer: OfferKey; end(): Promise<{ sold: number }> }

/**
 * The whole system, whose gate has a Redis of its own, behind a door: so that it can be harmed. No consumer
 * runs unless the test starts one.
 */
export type RedisTestSystem = Pick<
  TestSystem,
  'container' | 'startConsumer' | 'reaches' | 'pay' | 'shopper' | 'sandbox' | 'addsUp' | 'close'
> & {
  deps: ConsumerDeps
  door: Door
  node(): Node
  /** A session that runs, with one offer of all the pieces of a SKU of its own. */
  open(quota: number): Promise<Sale>
  /** What the gate answers to the `n`-th buyer; `no answer` while it says nothing. */
  ask(offer: OfferKey, n: number): Promise<{ answer: string; ticket?: TicketId }>
  /**
   * These buyers knock until each has the last word: in, and PostgreSQL knows it, or sold out. Answers
   * how many are in.
   */
  rush(offer: OfferKey, buyers: readonly number[]): Promise<number>
  /** The tickets of the offer that count. */
  counting(offer: OfferKey): Promise<TicketId[]>
  /** Gives these tickets' orders up, as their deadline would. */
  giveUp(tickets: readonly TicketId[]): Promise<void>
  /** Keeps what the server has written so far. */
  backUp(name: string): void
  /** The server dies, and another one starts from a back-up, or from what it left. */
  restartFrom(name?: string): Promise<void>
  /** Pieces on the shelf. */
  shelf(offer: OfferKey): Promise<number>
}

export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i)

export async function openRedisSystem(): Promise<RedisTestSystem> {
  const folder = serversFolder()
  let dir = 'first'
  let node = await startNode(folder.path, dir)
  const door = await doorTo(node.port)
  const system = await openSystem({
    env: { GATE_URL: `redis://127.0.0.1:${door.port}`, LOG_LEVEL: 'silent' },
  })
  const deps = consumerDeps(readEnv(consumerVariables, system.environment), system.container)
  const { sql } = deps
  let sales = 0

  const redisSystem: RedisTestSystem = {
    ...system,
    ...{ deps, door },
    node: () => node,
    async open(quota) {
      const sku = (await system.skus())[sales++] as SkuId // The seeded shop has more than there are tests.
      await sql`UPDATE stock SET on_hand = on_hand + ${quota} WHERE sku_id = ${sku} AND warehouse_id = 1`
      await sql`
        INSERT INTO stock_movements (sku_id, warehouse_id, kind, on_hand, reserved)
        VALUES (${sku}, 1, 'received', ${quota}, 0)`
      const input = await planSession(sql, { offers: [{ sku, quota }] })
      const offer = { session: input.session, sku }
      const workflow = await startSession(deps.client, deps.ordersQueue, input)
      await onSale(deps.gate, offer)
      const end = async () => {
        await workflow.executeUpdate('endNow')
        return await workflow.result()
      }
      return { offer, end }
    },
    async ask(offer, n) {
      const { id, addressId } = await system.shopper(n)
      const buyer = { id: id as UserId, addressId: addressId as AddressId } // Rows of the seeded shop.
      return await join(deps.gate, offer, { buyer, ticket: system.container.ids.next() as TicketId }).catch(
        () => ({
          answer: 'no answer',
        }),
      )
    },
    async rush(offer, buyers) {
      let inside = 0
      const undecided = async () => {
        const answers = await Promise.all(buyers.map((n) => redisSystem.ask(offer, n)))
        const tickets = answers.flatMap(({ answer, ticket }) =>
          answer === 'already_queued' && ticket ? [ticket] : [],
        )
        inside = (
          await sql`
            SELECT 1
            FROM tickets
            WHERE id = ANY(${tickets}::bigint[]) AND state IN ('waiting', 'live', 'paid')`
        ).count
        return buyers.length - inside - answers.filter(({ answer }) => answer === 'sold_out').length
      }
      await expect.poll(undecided, { timeout: 50_000, interval: 200 }).toBe(0)
      return inside
    },
    async counting({ session }) {
      const rows = await sql<{ id: TicketId }[]>`
        SELECT id::text AS id
        FROM tickets
        WHERE session_id = ${session} AND state IN ('waiting', 'live', 'paid')
        ORDER BY id`
      return rows.map(({ id }) => id)
    },
    async giveUp(tickets) {
      await ordered(deps, tickets)
      await Promise.all(
        tickets.map((ticket) => deps.client.workflow.getHandle(orderWorkflowId(ticket)).cancel()),
      )
      await Promise.all(tickets.map((ticket) => system.reaches(ticket, 'closed')))
    },
    backUp: (name) => copyFiles(folder.path, dir, name),
    async restartFrom(name = dir) {
      await node.kill()
      dir = name
      node = await startNode(folder.path, dir)
      door.leadTo(node.port)
    },
    async shelf({ sku }) {
      const [row] = await sql<
        { pieces: number }[]
      >`SELECT on_hand - reserved AS pieces FROM stock WHERE sku_id = ${sku} AND warehouse_id = 1`
      return row?.pieces ?? 0
    },
    async close() {
      try {
        await system.close()
      } finally {
        await door.close()
        await node.stop()
        folder.remove()
      }
    },
  }
  return redisSystem
}

/**
 * Nobody has two tickets that count, none waits for its order, and the offer has sold so many of its pieces.
 */
export async function expectSold(
  { deps: { sql } }: RedisTestSystem,
  { session, sku }: OfferKey,
  sold: number,
): Promise<void> {
  expect(await offerRow(sql, { session, sku })).toMatchObject({ granted: sold, sold })
  const tickets = await sql<{ buyer: string; state: string }[]>`
    SELECT buyer_id::text AS buyer, state
    FROM tickets
    WHERE session_id = ${session} AND state IN ('waiting', 'live', 'paid')`
  expect(new Set(tickets.map(({ buyer }) => buyer)).size).toBe(sold)
  expect(tickets.filter(({ state }) => state === 'waiting')).toEqual([])
}
