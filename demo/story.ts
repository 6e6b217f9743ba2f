import { setTimeout as pause } from 'node:timers/promises'
import { connect, type Db } from '../db/client.ts'
import { random } from '../db/seed/random.ts'
import { seed } from '../db/seed/seed.ts'
import type { OrderId } from '../domain/ids.ts'
import type { Stack } from '../local/compose.ts'
import { sandboxClient } from '../sandbox/client.ts'
import { leasedSnowflakes } from '../services/operations/snowflake-lease.ts'
import { showBoard } from './board.ts'
import { follow } from './following.ts'
import { orderCount, type Played, play } from './programme.ts'
import { castOf, restock } from './provisions.ts'
import { openShop } from './shop.ts'
import { type Shown, setStage } from './stage.ts'
import { tally } from './tally.ts'
import { isSettled } from './verdict.ts'

/** How the story went: what to check it against, and which orders to look at. */
export type Ended = { played: Played[]; since: Date; settled: boolean; shown: ReadonlyMap<Shown, OrderId> }

/** Seeds the shop, plays the programme over `overMs`, and waits until nothing is on its way any more. */
export async function playStory(
  db: Db,
  stack: Pick<Stack, 'url' | 'sandboxUrl' | 'keys'>,
  overMs: number,
): Promise<Ended> {
  await stockUp(db)
  const [start] = await db.sql<{ since: Date }[]>`SELECT now() AS since`
  const since = start?.since ?? new Date()
  const dice = random(since.getTime())
  const counter = tally(orderCount)
  const following = follow(db.sql, since)
  const shown = new Map<Shown, OrderId>()
  const stage = setStage({
    cast: await castOf(db.sql),
    following,
    sandbox: sandboxClient(stack.sandboxUrl),
    dice,
    enter: openShop(stack.url, stack.keys.jwt.privateKey, counter),
    show: (kind, order) => shown.set(kind, shown.get(kind) ?? order),
  })
  const board = showBoard(counter, following)
  try {
    const played = await play(stage, dice, overMs)
    return { played, since, shown, settled: await soonSettled(db, since) }
  } finally {
    await following.stop()
    board.stop()
  }
}

async function stockUp(db: Db): Promise<void> {
  const ids = await leasedSnowflakes(db)
  try {
    await seed(db, ids)
    await restock(db.sql, ids)
  } finally {
    await ids.release()
  }
}

/** Whether, within a minute, nothing that began since then is on its way any more. */
export async function soonSettled({ sql }: Db, since: Date): Promise<boolean> {
  for (const end = Date.now() + 60_000; Date.now() < end; await pause(200)) {
    if (await isSettled(sql, since)) return true
  }
  return false
}

/** A pool for the demo's own eyes, beside the application's. */
export const openEyes = (databaseUrl: string): Db => connect(databaseUrl, { max: 5, statementMs: 30_000 })
