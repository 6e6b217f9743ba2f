import { randomBytes } from 'node:crypto'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { Redis } from 'ioredis'
import { exportSPKI, generateKeyPair, SignJWT } from 'jose'
import { pino } from 'pino'
import { inject } from 'vitest'
import { createApp } from '../../api/app.ts'
import { createBearers } from '../../api/bearers.ts'
import { type ApiClient, createApiClient } from '../../api/client.ts'
import { trustedProxies } from '../../api/client-address.ts'
import type { ApiDeps } from '../../api/deps.ts'
import { createEarlyRefusals } from '../../api/flash-sales/early-refusals.ts'
import { createSessionBook } from '../../api/flash-sales/session-book.ts'
import { createTicketStreams } from '../../api/flash-sales/ticket-streams.ts'
import { createTokenLimits } from '../../api/flash-sales/token-limits.ts'
import { createQuoteTokens } from '../../api/quote-token.ts'
import { createRefunding } from '../../api/refunding.ts'
import { watchStanding } from '../../api/token-standing.ts'
import { createTokenVerifier } from '../../api/token-verifier.ts'
import { proofOfWork } from '../../challenges/proof-of-work.ts'
import type { Db } from '../../db/client.ts'
import { type Ids, snowflakes, type UserId } from '../../domain/ids.ts'
import { signIn } from '../../local/sign-in.ts'
import { type Carts, createCarts } from '../../redis/carts/carts.ts'
import { createEvents, type Events } from '../../redis/events.ts'
import { createGate, type Gate } from '../../redis/gate/gate.ts'
import { createRateWindows } from '../../redis/rate-windows.ts'
import { createHealth } from '../../runtime/health.ts'
import { createIdentities } from '../../services/buyers/identities.ts'
import { readWithdrawn } from '../../services/buyers/withdrawals.ts'
import { freshDatabase } from '../support/database.ts'
import { heldToDocument } from './held-to-document.ts'

export const secret = 'a secret of the tests, 32 bytes and more'

export type Harness = {
  url: string
  db: Db
  databaseUrl: string
  redis: Redis
  carts: Carts
  ids: Ids
  gate: Gate
  events: Events
  quoteTokens: ApiDeps['quoteTokens']
  /** The key that signs buyers' tokens. */
  keys: Awaited<ReturnType<typeof generateKeyPair>>
  /** What the log got, as its lines. */
  logged: string[]
  /** What PostgreSQL was asked, as the statements' texts. */
  statements: string[]
  /**
   * One more API process over the same servers, with its own memory. Answers its URL; closed with the
   * harness.
   */
  another(): Promise<string>
  newBuyer(claims?: Record<string, string>): Promise<Buyer>
  close(): Promise<void>
}
/** What a stand-in may be made of. */
type HarnessParts = Pick<Harness, 'db' | 'redis' | 'events' | 'gate'> & { log: ApiDeps['log'] }
export type Buyer = { id: UserId; token: string; api: ApiClient }

const mustNotHappen = async (): Promise<never> => {
  throw new Error('this test places and pays nothing, and has no Temporal')
}

/**
 * The API over HTTP on a real PostgreSQL and Redis; `deps` stand in for what belongs to placing, paying and
 * Temporal.
 */
export async function startHarness(
  given: Partial<ApiDeps> | ((container: HarnessParts) => Partial<ApiDeps>) = {},
): Promise<Harness> {
  const statements: string[] = []
  const { db, url: databaseUrl, drop } = await freshDatabase((statement) => statements.push(statement))
  const redis = new Redis(inject('redisUrl'))
  const keys = await generateKeyPair('RS256')
  const captchaSecret = randomBytes(32)
  const ids = snowflakes(Math.floor(Math.random() * 1024))
  const carts = createCarts(redis)
  const quoteTokens = createQuoteTokens({ secret, validS: 900 })
  const logged: string[] = []
  const events = createEvents(redis)
  const log = pino({}, { write: (line: string) => logged.push(line) })
  const standing = watchStanding(() => readWithdrawn(db.sql), { everyMs: 20 })
  await standing.start()
  const differing: string[] = []
  const servers: ReturnType<typeof serve>[] = []
  const gate = typeof given === 'function' ? createGate(redis) : (given.gate ?? createGate(redis))
  async function serveOne(): Promise<string> {
    const deps = typeof given === 'function' ? given({ db, redis, events, gate, log }) : given
    const own = deps.gate ?? gate
    const app = createApp({
      db,
      carts,
      anonymousCarts: { validS: 3600, perAddress: 10_000 },
      ids,
      bearers: createBearers({
        verifier: await verifierOf(keys),
        userOf: createIdentities({ sql: db.sql, ids }),
        standing,
      }),
      quoteTokens,
      placing: { place: mustNotHappen, cancel: mustNotHappen },
      paying: { pay: mustNotHappen },
      refunding: createRefunding({ sql: db.sql, events }),
      health: createHealth({
        postgres: { check: () => db.sql`SELECT 1`, needed: true },
        redis: { check: () => redis.ping(), needed: false },
      }),
      allowedOrigins: [],
      rateLimiting: { windows: createRateWindows(redis, 60_000), factor: 0 },
      log,
      notifyRoutes: new Hono().post('/v1/notify/:provider', async (c) =>
        c.text(`got ${(await c.req.text()).length}`, 200),
      ),
      gate: own,
      streams: createTicketStreams({ events, log, perBuyer: 5, most: 1000 }),
      sessions: createSessionBook({ sql: db.sql, events }),
      earlyRefusals: createEarlyRefusals(own, () => 'away'),
      joinLimit: () => undefined,
      lookLimit: () => undefined,
      challenge: proofOfWork({ secret: captchaSecret, difficulty: 8, spend: own.spendChallenge }),
      tokenLimits: createTokenLimits(redis, { perBuyer: 10_000, perAddress: 1_000_000 }),
      trustedProxies: trustedProxies(''),
      operations: {
        ...{ plan: mustNotHappen, addOffer: mustNotHappen, changeQuota: mustNotHappen },
        ...{ pause: mustNotHappen, resume: mustNotHappen, shed: mustNotHappen },
        ...{ captcha: mustNotHappen, end: mustNotHappen },
      },
      ...deps,
    })
    const server = serve({ fetch: heldToDocument(app.fetch, differing), port: 0, hostname: '127.0.0.1' })
    await new Promise<void>((resolve) => server.once('listening', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the server has no port')
    servers.push(server)
    return `http://127.0.0.1:${address.port}`
  }
  const url = await serveOne()
  return {
    url,
    db,
    databaseUrl,
    redis,
    carts,
    ids,
    gate,
    events,
    quoteTokens,
    keys,
    logged,
    statements,
    another: serveOne,
    async newBuyer(claims) {
      const id = ids.next() as UserId // A fresh snowflake.
      const token = await bearer(keys.privateKey, id, claims)
      return { id, token, api: createApiClient(url, token) }
    },
    async close() {
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
      standing.stop()
      await events.close()
      redis.disconnect()
      await drop()
      if (differing.length > 0)
        throw new Error(`answers that the API’s document does not describe:\n${differing.join('\n')}`)
    },
  }
}

/** Verifies the tokens that `bearer` signs. */
export const verifierOf = async ({ publicKey }: Harness['keys']) =>
  createTokenVerifier({ key: { publicKey: await exportSPKI(publicKey) }, ...tokenRules })
const tokenRules = { issuer: signIn.issuer, audience: [signIn.audience], maxLifeS: 86_400 }

export const bearer = (
  key: Harness['keys']['privateKey'],
  subject: string,
  { expires = '1h', ...claims }: { expires?: string | number } & Record<string, unknown> = {},
) =>
  new SignJWT({ iss: signIn.issuer, aud: signIn.audience, ...claims })
    .setProtectedHeader({ alg: 'RS256' })
    .setSubject(subject)
    .setExpirationTime(expires)
    .sign(key)
