import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { OrderId } from '../domain/ids.ts'
import { tokenSigner } from '../local/sign-in.ts'
import { type Figure, say } from './figures.ts'
import { fork } from './harness.ts'
import { addLiveTickets, firstHolder, openedOffer } from './offer.ts'
import { type OneApi, startOneApi } from './one-api.ts'
import { makeShop } from './shop.ts'
import type { FromStreams, ToStreams } from './stream-clients.ts'

const streams = 5000
const idleS = 60

/**
 * 5,000 buyers follow their tickets at one API process: what an idle stream costs PostgreSQL and memory, and
 * how long it takes until a change that is announced to all at once has reached them.
 */
export async function benchStreams(rounds: number): Promise<Figure[]> {
  const one = await startOneApi('./floor/bare-api.ts', {})
  const clients = await fork('./stream-clients.ts', {})
  const answered = async (): Promise<FromStreams> => ((await once(clients, 'message')) as [FromStreams])[0]
  try {
    await makeShop(one.container.db, one.container.ids)
    const offer = await openedOffer(one.container, streams)
    const first = await addLiveTickets(one.container, offer, streams)
    await addOrders(one, first)
    const signed = tokenSigner(one.keys.jwt.privateKey)
    const path = `/v1/seckill/sessions/${offer.session}/offers/${offer.sku}/tickets/mine/events`
    const asked = Array.from({ length: streams }, (_, n) => ({
      url: `${one.url}${path}?ticket=${first + BigInt(n)}`,
      bearer: signed(String(firstHolder + n)),
    }))
    const [queriesBefore, memoryBefore] = [await transactionsPerS(one), rssOf(one.apiPid)]
    const opened = answered()
    clients.send({ open: asked } satisfies ToStreams)
    await opened
    await pause(5000) // Each stream looks once more shortly after it is open.
    say(`${streams} streams are open; looking at them idle for ${idleS} s`)
    const queries = await transactionsPerS(one)
    const memoryKb = ((rssOf(one.apiPid) - memoryBefore) * 1024) / streams
    const toAllS: number[] = []
    for (let round = 1; round <= rounds; round++) {
      const all = answered()
      clients.send({ expect: streams } satisfies ToStreams)
      await one.container.db.sql`UPDATE orders SET pay_by = pay_by + interval '1 second'`
      const began = Date.now()
      for (let n = 0n; n < BigInt(streams); n++)
        one.container.events.announce((first + n).toString() as OrderId) // A ticket's order has its id.
      const last = await all
      toAllS.push((last.lastAt - began) / 1000)
      say(`round ${round} of ${rounds}: all had it after ${toAllS.at(-1)?.toFixed(2)} s`)
      await pause(1000)
    }
    return [
      { figure: 'streams_event_to_all_s', rounds: toAllS, target: { atMost: 1 } },
      { figure: 'streams_idle_queries_per_s', rounds: [queries], target: null },
      { figure: 'no_streams_queries_per_s', rounds: [queriesBefore], target: null },
      { figure: 'stream_memory_kb', rounds: [memoryKb], target: null },
    ]
  } finally {
    clients.disconnect()
    await one.close()
  }
}

/** The orders of the tickets: they wait for their payment. */
async function addOrders({ container: { db } }: OneApi, first: bigint): Promise<void> {
  await db.sql`INSERT INTO users (id) SELECT ${firstHolder} + n FROM generate_series(0, ${streams - 1}) n`
  await db.sql`
    INSERT INTO orders (id, buyer_id, kind, source, status, payment, run_id, fingerprint, goods_fen,
      shipping_fen, coupon_fen, points_fen, balance_fen, due_fen, points, pay_by)
    SELECT ${first.toString()}::bigint + n, ${firstHolder} + n, 2, 'web', 'awaiting_payment', 'online',
      'bench', 'f', 100, 0, 0, 0, 0, 100, 0, now() + interval '1 hour'
    FROM generate_series(0, ${streams - 1}) n`
}

/** Transactions of the whole database in a second, over a minute: statistics arrive late. */
async function transactionsPerS({ container: { db } }: OneApi): Promise<number> {
  const count = async () => {
    const [row] = await db.sql<{ done: number }[]>`
      SELECT (xact_commit + xact_rollback)::float8 AS done
      FROM pg_stat_database
      WHERE datname = current_database()`
    return row?.done ?? Number.NaN
  }
  const before = await count()
  await pause(idleS * 1000)
  return ((await count()) - before) / idleS
}

/** The memory that a process holds, in MiB. Linux only. */
function rssOf(pid: number): number {
  const [, kb] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kb) / 1024
}
