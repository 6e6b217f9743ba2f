import { Redis } from 'ioredis'
import { afterAll, inject } from 'vitest'
import type { Sql } from '../../db/types.ts'
import { createGate, type Gate } from '../../redis/gate/gate.ts'
import { expectBooksToAddUp } from './books.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { openTill, type Till } from './paying.ts'
import { openShop, type Shop } from './shop.ts'

export type ShopOfFile = { fresh: FreshDatabase; sql: Sql; shop: Shop; till: Till }

/**
 * A shop on a database of the test file's own, with two providers. When the file's tests are over its books
 * must add up, unless said otherwise.
 */
export async function useShop({ booksAddUp = true } = {}): Promise<ShopOfFile> {
  const fresh = await freshDatabase()
  const { sql } = fresh.db
  afterAll(async () => {
    try {
      if (booksAddUp) await expectBooksToAddUp(sql)
    } finally {
      await fresh.drop()
    }
  })
  const shop = await openShop(fresh.db)
  return { fresh, sql, shop, till: openTill(sql, shop.ids) }
}

/** A connection of the test file's own to the shared Redis, and a gate on it. */
export function useRedis(): { redis: Redis; gate: Gate } {
  const redis = new Redis(inject('redisUrl'))
  afterAll(() => redis.disconnect())
  return { redis, gate: createGate(redis) }
}

/** A harness for the tests of one file: closed when they are over, and its books must add up then. */
export async function audited<H extends { sql: Sql; close(): Promise<void> }>(
  opening: Promise<H>,
): Promise<H> {
  const harness = await opening
  afterAll(async () => {
    try {
      await expectBooksToAddUp(harness.sql)
    } finally {
      await harness.close()
    }
  })
  return harness
}
