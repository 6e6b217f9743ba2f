import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AttemptNumber, OrderId } from '../domain/ids.ts'
import type { Shot } from './cannon.ts'
import { type Figure, percentile, say } from './figures.ts'
import { genuine } from './notices.ts'
import { inTurns, type OneApi, startOneApi } from './one-api.ts'

/** Small numbers try it out: `NOTIFICATIONS=600`. */
const notifications = Number(process.env.NOTIFICATIONS ?? 6000)
const path = '/v1/notify/wechat/v3'
/** A flood, for how many; a steady stream, for how long each waits. */
const connections = { flood: 60, stream: 6 }

/**
 * One API process that takes genuine notifications of open attempts beside a bare Hono process that verifies
 * the same signature and inserts one row; and how long an acknowledgement takes while Temporal stands still.
 * No jobs runs: what the API leaves to it is only stored.
 */
export async function benchNotify(rounds: number): Promise<Figure[]> {
  const one = await startOneApi('./floor/bare-notify.ts', {})
  const { url, bareUrl, fire } = one
  try {
    const at = (to: string) => async (shots: Shot[]) => {
      const fired = await fire(to, { shots, status: '204', connections: connections.flood })
      await quiet(one)
      return fired
    }
    const took = async (shots: Shot[]) => {
      const { tookMs } = await fire(url, { shots, status: '204', connections: connections.stream })
      await quiet(one)
      return tookMs
    }
    const names = [
      'notify_vs_bare',
      'ack_down_vs_up',
      'notify_per_s',
      'bare_per_s',
      'ack_up_ms_p99',
      'ack_down_ms_p99',
      'resolved_share',
    ] as const
    const figures = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<
      (typeof names)[number],
      number[]
    > // One list a name.
    for (let round = 0; round <= rounds; round++) {
      const shots = await paidAttempts(one, notifications)
      const [ours, bare] = await inTurns(shots, at(url), at(bareUrl))
      const resolved = await resolvedShare(one, shots.length)
      const up: number[] = []
      const down: number[] = []
      for (const part of thirds(await paidAttempts(one, notifications))) {
        const half = part.length / 2
        up.push(...(await took(part.slice(0, half))))
        await withoutTemporal(one, async () => void down.push(...(await took(part.slice(half)))))
      }
      if (round === 0) continue // Warm-up.
      const [upMs, downMs] = [percentile(up, 0.99), percentile(down, 0.99)]
      figures.notify_vs_bare.push(ours.perS / bare.perS)
      figures.ack_down_vs_up.push(downMs / upMs)
      figures.notify_per_s.push(ours.perS)
      figures.bare_per_s.push(bare.perS)
      figures.ack_up_ms_p99.push(upMs)
      figures.ack_down_ms_p99.push(downMs)
      figures.resolved_share.push(resolved)
      say(
        `round ${round} of ${rounds}: ${ours.perS.toFixed(0)}/s beside ${bare.perS.toFixed(0)} bare, acknowledged within ${upMs.toFixed(1)} ms, ${downMs.toFixed(1)} without Temporal`,
      )
    }
    const targets: Partial<Record<string, Figure['target']>> = {
      notify_vs_bare: { atLeast: 0.8 },
      ack_down_vs_up: { atMost: 1.5 },
    }
    return names.map((figure) => ({ figure, rounds: figures[figure], target: targets[figure] ?? null }))
  } finally {
    await one.close()
  }
}

const thirds = (shots: Shot[]): Shot[][] =>
  [0, 1, 2].map((n) => shots.slice((n * shots.length) / 3, ((n + 1) * shots.length) / 3))

/** Orders that wait for their payment, each with an open attempt, and what WeChat says when each is paid. */
async function paidAttempts({ container: { db, ids }, keys }: OneApi, count: number): Promise<Shot[]> {
  const orders = Array.from({ length: count }, () => ids.next() as OrderId) // Fresh snowflakes.
  const numbers = orders.map(() => ids.next() as AttemptNumber)
  // A buyer for each: the next order of the same one would wait for its lock.
  await db.sql`INSERT INTO users (id) SELECT unnest(${orders}::bigint[])`
  await db.sql`
    INSERT INTO orders (id, buyer_id, kind, source, status, payment, run_id, fingerprint, goods_fen,
      shipping_fen, coupon_fen, points_fen, balance_fen, due_fen, points, pay_by)
    SELECT id, id, 1, 'web', 'awaiting_payment', 'online', 'bench', 'f', 100, 0, 0, 0, 0, 100, 0,
      now() + interval '1 hour'
    FROM unnest(${orders}::bigint[]) AS id`
  await db.sql`
    INSERT INTO attempts (number, order_id, provider, channel, state, amount_fen, currency, description,
      expires_at, calling_until, next_ask_at)
    SELECT number, id, 'wechat-v3', 'wechat-v3', 'open', 100, 'CNY', 'Bench', now() + interval '1 hour',
      now(), now() + interval '1 hour'
    FROM unnest(${numbers}::bigint[], ${orders}::bigint[]) AS t (number, id)`
  const notice = genuine(keys)
  return numbers.map((number) => ({ path, ...notice(number, 100) }))
}

/** Which share of the latest notifications the API resolved itself; the others wait for the jobs. */
async function resolvedShare({ container: { db } }: OneApi, count: number): Promise<number> {
  const [row] = await db.sql<{ resolved: number }[]>`
    SELECT count(outcome)::int AS resolved
    FROM (SELECT outcome FROM notifications ORDER BY id DESC LIMIT ${count}) latest`
  return (row?.resolved ?? 0) / count
}

/**
 * Resolves when the API resolves no more: what it still does in the background would be counted against
 * whoever is measured next.
 */
async function quiet({ container: { db } }: OneApi): Promise<void> {
  let before = -1
  for (;;) {
    const [row] = await db.sql<
      { resolved: number }[]
    >`SELECT count(outcome)::int AS resolved FROM notifications`
    if (row?.resolved === before) return
    before = row?.resolved ?? 0
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

/**
 * While `during` runs, Temporal's process group stands still: connections to it stay open, and nothing
 * answers.
 */
async function withoutTemporal({ stateDir }: OneApi, during: () => Promise<void>): Promise<void> {
  const { pid } = JSON.parse(readFileSync(join(stateDir, 'children', 'temporal.json'), 'utf8')) as {
    pid: number
  } // Noted by state.mjs.
  process.kill(-pid, 'SIGSTOP')
  try {
    await during()
  } finally {
    process.kill(-pid, 'SIGCONT')
  }
}
