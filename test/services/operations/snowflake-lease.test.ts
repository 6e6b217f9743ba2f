import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connect } from '../../../db/client.ts'
import { isAway } from '../../../runtime/away.ts'
import { type LeasedIds, leasedSnowflakes } from '../../../services/operations/snowflake-lease.ts'
import { type FreshDatabase, freshDatabase } from '../../support/database.ts'
import { doorTo } from '../../support/proxy.ts'

let fresh: FreshDatabase
let opened: LeasedIds[]
beforeEach(async () => {
  fresh = await freshDatabase()
  opened = []
})
afterEach(async () => {
  for (const ids of opened) await ids.release()
  await fresh.drop()
})

const lease = async (leaseS?: number, sql = fresh.db.sql) => {
  const ids = await leasedSnowflakes({ sql, ...(leaseS === undefined ? {} : { leaseS }) })
  opened.push(ids)
  return ids
}
const workerOf = (id: string): number => Number((BigInt(id) >> 12n) & 1023n)
const rows = () =>
  fresh.db.sql<{ worker: number; holder: string; live: boolean }[]>`
    SELECT worker, holder, leased_until > now() AS live
    FROM snowflake_workers
    ORDER BY worker`
/**
 * Every number but eight is held, and those eight have just run out: their processes are about to renew them.
 */
const almostAllHeld = () => fresh.db.sql`
  INSERT INTO snowflake_workers (worker, holder, leased_until)
  SELECT n, 'process ' || n, now() + CASE WHEN n < 8 THEN interval '-1 second' ELSE interval '1 hour' END
  FROM generate_series(0, 1023) n`

describe('a start', () => {
  it('takes one number, and touches no row of another process', async () => {
    await almostAllHeld()
    const taken = workerOf((await lease()).next())
    const others = (await rows()).filter(({ holder, worker }) => holder === `process ${worker}`)
    expect(taken).toBeLessThan(8)
    expect(others).toHaveLength(1023)
  })

  it('at the same time as others gives each a number of its own', async () => {
    await almostAllHeld()
    const all = await Promise.all(Array.from({ length: 8 }, () => lease()))
    expect(new Set(all.map((ids) => workerOf(ids.next()))).size).toBe(8)
    await expect(lease()).rejects.toThrow('no free snowflake worker number')
  })

  it('does not get a number that was given back a moment ago', async () => {
    const first = await lease()
    const worker = workerOf(first.next())
    await first.release()
    expect(await rows()).toEqual([{ worker, holder: expect.any(String), live: true }])
  })
})

describe('a lease that was lost', () => {
  it.each([
    [
      'another process has the number',
      (worker: number) => fresh.db.sql`
      UPDATE snowflake_workers
      SET holder = 'another', leased_until = now() + interval '1 hour'
      WHERE worker = ${worker}`,
    ],
    [
      'its row is gone',
      (worker: number) => fresh.db.sql`DELETE FROM snowflake_workers WHERE worker = ${worker}`,
    ],
  ])('is replaced by another number, and ids go on: %s', async (_, lose) => {
    const ids = await lease(2)
    const before = ids.next()
    await lose(workerOf(before))
    const renewed = async () => (await rows()).filter(({ live }) => live).map(({ holder }) => holder)
    await expect
      .poll(async () => (await renewed()).filter((holder) => holder !== 'another'), { timeout: 5000 })
      .toHaveLength(1)
    expect(ids.isLeased()).toBe(true)
    const [own] = (await rows()).filter(({ holder }) => holder !== 'another')
    expect(workerOf(ids.next())).toBe(own?.worker)
  })

  it('because PostgreSQL is away makes no ids and says so, until PostgreSQL is back', async () => {
    const to = new URL(fresh.url)
    const door = await doorTo(Number(to.port))
    to.host = `127.0.0.1:${door.port}`
    const db = connect(to.href, { max: 2 })
    const ids = await lease(1, db.sql)
    door.shut()
    await expect.poll(() => ids.isLeased(), { interval: 20, timeout: 5000 }).toBe(false)
    const fault = (() => {
      try {
        return ids.next()
      } catch (error) {
        return error
      }
    })()
    expect(fault).toMatchObject({ code: 'SNOWFLAKE_LEASE_LOST' })
    expect(isAway(fault)).toBe(true)
    door.open()
    await expect.poll(() => ids.isLeased(), { interval: 20, timeout: 10_000 }).toBe(true)
    expect(ids.next()).toMatch(/^\d+$/)
    await ids.release()
    opened = []
    await db.close()
    await door.close()
  })
})
