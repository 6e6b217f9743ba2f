import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { Redis } from 'ioredis'
import { exportSPKI, generateKeyPair, SignJWT } from 'jose'
import { pino } from 'pino'
import { inject } from 'vitest'
import { createApp } from '../../api/app.ts'
import { createBearers } from '../../api/bearers.ts'
import { type ApiClient, createApiClient } from '../../api/client.ts'
import type { ApiDeps } from '../../api/deps.ts'
import { createQuoteTokens } from '../../api/quote-token.ts'
import { type Carts, createCarts } from '../../db/carts.ts'
import type { Db } from '../../db/client.ts'
import { type Ids, snowflakes, type UserId } from '../../domain/ids.ts'
import { freshDatabase } from '../support/database.ts'

export const secret = 'a secret of the tests, 32 bytes and more'

export type Rig = {
  url: string
  db: Db
  redis: Redis
  carts: Carts
  ids: Ids
  quoteTokens: ApiDeps['quoteTokens']
  /** The key that signs buyers' tokens. */
  keys: Awaited<ReturnType<typeof generateKeyPair>>
  /** What the log got, as its lines. */
  logged: string[]
  newBuyer(): Promise<Buyer>
  close(): Promise<void>
}
export type Buyer = { id: UserId; token: string; api: ApiClient }

const mustNotHappen = async (): Promise<never> => {
  throw new Error('this test places and pays nothing')
}

/** The API over HTTP on a real PostgreSQL and Redis; `deps` stand in for what belongs to placing and paying. */
export async function startRig(deps: Partial<ApiDeps> = {}): Promise<Rig> {
  const { db, drop } = await freshDatabase()
  const redis = new Redis(inject('redisUrl'))
  const keys = await generateKeyPair('RS256')
  const ids = snowflakes(Math.floor(Math.random() * 1024))
  const carts = createCarts(redis)
  const quoteTokens = createQuoteTokens({ secret, validS: 900 })
  const logged: string[] = []
  const app = createApp({
    db,
    carts,
    ids,
    bearers: createBearers({ publicKey: await exportSPKI(keys.publicKey) }),
    quoteTokens,
    placing: { place: mustNotHappen, cancel: mustNotHappen },
    paying: { pay: mustNotHappen },
    checks: { postgres: () => db.sql`SELECT 1`, redis: () => redis.ping() },
    log: pino({}, { write: (line: string) => logged.push(line) }),
    notifyRoutes: new Hono().post('/v1/notify/:provider', async (c) => c.text(`got ${(await c.req.text()).length}`, 200)),
    ...deps,
  })
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
  await new Promise<void>((resolve) => server.once('listening', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const url = `http://127.0.0.1:${address.port}`
  return {
    url,
    db,
    redis,
    carts,
    ids,
    quoteTokens,
    keys,
    logged,
    async newBuyer() {
      const id = ids.next() as UserId // A fresh snowflake.
      const token = await bearer(keys.privateKey, id)
      return { id, token, api: createApiClient(url, token) }
    },
    async close() {
      await new Promise((resolve) => server.close(resolve))
      redis.disconnect()
      await drop()
    },
  }
}

export const bearer = (key: Rig['keys']['privateKey'], subject: string, expires: string | number = '1h'): Promise<string> =>
  new SignJWT({}).setProtectedHeader({ alg: 'RS256' }).setSubject(subject).setExpirationTime(expires).sign(key)
