import { expect } from 'vitest'
import type { Sql, Tx } from '../../db/types.ts'

export type Gate = { opened: Promise<void>; open(): void }

/** Something to wait at until the test says go. */
export function gate(): Gate {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}

/** A transaction of the test's own that does `effect` and stays open until commit is called. */
export async function held(
  sql: Sql,
  effect: (tx: Tx) => Promise<unknown>,
): Promise<{ commit(): Promise<void> }> {
  const [done, leave] = [gate(), gate()]
  const ended = sql.begin(async (tx) => {
    await effect(tx)
    done.open()
    await leave.opened
  })
  await Promise.race([done.opened, ended])
  return {
    async commit() {
      leave.open()
      await ended
    },
  }
}

/** Resolves when so many statements of this database wait for a lock. */
export async function waitingForLocks(sql: Sql, count: number): Promise<void> {
  const waiting = async () => {
    const [row] = await sql<{ n: number }[]>`
      SELECT count(*)::int AS n
      FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`
    return row?.n ?? 0
  }
  await expect.poll(waiting, { interval: 10, timeout: 10_000 }).toBeGreaterThanOrEqual(count)
}
