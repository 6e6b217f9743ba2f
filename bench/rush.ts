import { setTimeout as pause } from 'node:timers/promises'
import { gather } from '../demo/crowd/crowd.ts'
import type { CrowdBuyer } from '../demo/crowd/plan.ts'
import { hireOperator, type Sale } from '../demo/flash-sale/operator.ts'
import type { SessionId, SkuId } from '../domain/ids.ts'
import { type Figure, say } from './figures.ts'
import { type Harness, openHarness } from './harness.ts'
import { warehouse } from './shop.ts'

const joins = 50_000
const pieces = 1000
const firstBuyer = 600_001

/**
 * 50,000 buyers over HTTP for 1,000 pieces, on the whole application in one process: seconds from the opening
 * to the last order placed, and what went missing on the way, which has to be nothing.
 */
export async function benchRush(rounds: number): Promise<Figure[]> {
  const harness = await openHarness({ TRUSTED_PROXIES: '127.0.0.1' })
  try {
    const buyers = await makeBuyers(harness)
    const operator = hireOperator(harness.stack.url, harness.stack.keys.jwt.privateKey)
    const names = ['rush_s', 'rush_answered_s', 'join_p99_ms', 'oversold', 'undersold', 'lost'] as const
    const figures = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<
      (typeof names)[number],
      number[]
    > // One list a name.
    for (let round = 1; round <= rounds; round++) {
      // Signing and fetching 50,000 tokens takes its time; tokens live until a minute after the opening.
      const sale = await operator.plan(
        { sku: await drop(harness), warehouse, quota: pieces },
        { opensAt: Date.now() + 120_000, payWithinS: 1800 },
      )
      const crowd = gather({
        ...{
          url: harness.stack.url,
          sandboxUrl: harness.stack.sandboxUrl,
          privateKey: harness.stack.keys.jwt.privateKey,
          buyers,
          opensAt: sale.opensAt,
        },
        offer: { session: sale.session as SessionId, sku: sale.sku }, // What the API answered.
        width: 200,
        stayers: 0,
        mischief: { early: 0, twice: 0, forged: 0, borrowed: 0 },
      })
      await crowd.until('ready')
      const placed = allPlaced(harness, sale)
      const outcome = await crowd.until('over')
      const answeredS = (Date.now() - sale.opensAt) / 1000
      const rushS = ((await placed) - sale.opensAt) / 1000
      const counted = await countOf(harness, sale)
      figures.rush_s.push(rushS)
      figures.rush_answered_s.push(answeredS)
      figures.join_p99_ms.push(outcome.p99)
      // What buyers were answered, not what a constraint bounds: each ticket is a promise, and nobody gives
      // one back here.
      figures.oversold.push(Math.max(0, outcome.tickets.length - pieces))
      figures.undersold.push(Math.max(0, pieces - counted.placed))
      figures.lost.push(
        outcome.tickets.length - (await keptOf(harness, outcome.tickets)) + outcome.problems.length,
      )
      await operator.end(sale.session)
      say(
        `round ${round} of ${rounds}: ${outcome.joins} joins answered in ${answeredS.toFixed(1)} s, ${counted.placed} orders placed after ${rushS.toFixed(1)} s`,
      )
      for (const problem of outcome.problems) say(`  ${problem}`)
    }
    return names.map((figure) => ({
      figure,
      rounds: figures[figure],
      target: ['oversold', 'undersold', 'lost'].includes(figure) ? { atMost: 0 } : null,
    }))
  } finally {
    await harness.close()
  }
}

async function makeBuyers({ db: { sql } }: Harness): Promise<CrowdBuyer[]> {
  const last = firstBuyer + joins - 1
  await sql`INSERT INTO users (id) SELECT generate_series(${firstBuyer}::bigint, ${last}::bigint)`
  await sql`
    INSERT INTO addresses (id, user_id, name, phone, province, city, district, street)
    SELECT id, id, 'Bench', '13800000000', '广东省', '深圳市', '南山区', '1'
    FROM generate_series(${firstBuyer}::bigint, ${last}::bigint) id`
  return Array.from({ length: joins }, (_, n) => ({
    id: String(firstBuyer + n),
    addressId: String(firstBuyer + n),
  }))
}

async function drop({ db: { sql }, ids }: Harness): Promise<SkuId> {
  const sku = ids.next() as SkuId // A fresh snowflake.
  await sql`
    INSERT INTO skus (id, product_id, name, price_fen)
    SELECT ${sku}, product_id, 'Drop', 5000
    FROM skus
    LIMIT 1`
  await sql`INSERT INTO stock (sku_id, warehouse_id, on_hand) VALUES (${sku}, ${warehouse}, ${pieces})`
  await sql`
    INSERT INTO stock_movements (sku_id, warehouse_id, kind, on_hand, reserved)
    VALUES (${sku}, ${warehouse}, 'received', ${pieces}, 0)`
  return sku
}

/** When the last piece's order was placed, ms since 1970. */
async function allPlaced(harness: Harness, sale: Sale): Promise<number> {
  for (const patience = Date.now() + 300_000; Date.now() < patience; await pause(50)) {
    if ((await countOf(harness, sale)).placed >= pieces) return Date.now()
  }
  return Number.NaN
}

/** How many of the tickets that buyers got have become orders. */
async function keptOf({ db: { sql } }: Harness, tickets: readonly string[]): Promise<number> {
  const [row] = await sql<{ kept: number }[]>`
    SELECT count(*)::int AS kept
    FROM tickets
    WHERE id = ANY(${[...tickets]}::bigint[]) AND state IN ('live', 'paid')`
  return row?.kept ?? 0
}

async function countOf(
  { db: { sql } }: Harness,
  { session, sku }: Sale,
): Promise<{ tickets: number; placed: number }> {
  const [row] = await sql<{ tickets: number; placed: number }[]>`
    SELECT count(*)::int AS tickets, count(*) FILTER (WHERE state IN ('live', 'paid'))::int AS placed
    FROM tickets
    WHERE session_id = ${session} AND sku_id = ${sku}`
  return row ?? { tickets: 0, placed: 0 }
}
