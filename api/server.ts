import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { backgroundDelivery } from '../runtime/background-delivery.ts'
import type { Container } from '../runtime/container.ts'
import { createIdentities } from '../services/buyers/identities.ts'
import { readWithdrawn } from '../services/buyers/withdrawals.ts'
import { createApp } from './app.ts'
import { createBearers } from './bearers.ts'
import { trustedProxies } from './client-address.ts'
import { type ApiEnv, orderLimits } from './environment.ts'
import { createCaptchas } from './flash-sales/captchas.ts'
import { createSessionOperations } from './flash-sales/operations.ts'
import { createSessionBook } from './flash-sales/session-book.ts'
import { createSoldOut } from './flash-sales/sold-out.ts'
import { createTokenLimits } from './flash-sales/token-limits.ts'
import { notifyRoutes } from './http/routes/notify.ts'
import { createPaying } from './paying.ts'
import { createPlacing } from './placing.ts'
import { createQuoteTokens } from './quote-token.ts'
import { createRefunding } from './refunding.ts'
import { watchStanding } from './token-standing.ts'
import { createTokenVerifier } from './token-verifier.ts'

export type RunningApi = { port: number; stop(): Promise<void> }

/** Serves the API over the opened container. The orders that it starts run on `ORDERS_QUEUE`, eagerly where this process has a worker of it. */
export async function startApi(env: ApiEnv, container: Container): Promise<RunningApi> {
  const { db, redis, events, carts, ids, gate, payments, client, log } = container
  const delivery = backgroundDelivery({ sql: db.sql, accounts: payments.accounts, client, events, log })
  const refunding = createRefunding({ sql: db.sql, events })
  const standing = watchStanding(() => readWithdrawn(db.sql), {
    warn: (error) => log.warn({ error }, 'withdrawn tokens and blocked accounts could not be read'),
  })
  await standing.start()
  const app = createApp({
    db,
    carts,
    ids,
    log,
    bearers: createBearers({
      verifier: createTokenVerifier({
        key: env.JWT_JWKS_URL ? { jwksUrl: env.JWT_JWKS_URL } : { publicKey: env.JWT_PUBLIC_KEY ?? '' },
        issuer: env.JWT_ISSUER,
        audience: env.JWT_AUDIENCE,
        maxLifeS: env.JWT_MAX_LIFE_S,
      }),
      userOf: createIdentities({ sql: db.sql, ids }),
      standing,
    }),
    quoteTokens: createQuoteTokens({ secret: env.QUOTE_SECRET, validS: env.QUOTE_VALID_S }),
    placing: createPlacing({
      db,
      client,
      events,
      refunding,
      queue: env.ORDERS_QUEUE,
      payWithinMs: env.PAY_WITHIN_S * 1000,
      limits: orderLimits(env),
    }),
    refunding,
    paying: createPaying({
      sql: db.sql,
      ids,
      providers: payments.providers,
      mostAttempts: env.ATTEMPTS_PER_ORDER,
      deliver: delivery.soon,
      events,
    }),
    checks: {
      postgresql: () => db.sql`SELECT 1`,
      redis: () => redis.ping(),
      temporal: () => client.workflowService.getSystemInfo({}),
    },
    gate,
    events,
    sessions: createSessionBook({ sql: db.sql, events }),
    soldOut: createSoldOut(gate, events),
    captchas: createCaptchas(gate),
    tokenLimits: createTokenLimits(redis, {
      perBuyer: env.TOKENS_PER_BUYER_PER_MINUTE,
      perAddress: env.TOKENS_PER_ADDRESS_PER_MINUTE,
    }),
    trustedProxies: env.TRUSTED_PROXIES ?? trustedProxies('none'),
    operations: createSessionOperations({ sql: db.sql, client, events, queue: env.ORDERS_QUEUE, log }),
    notifyRoutes: notifyRoutes({ sql: db.sql, ids, providers: payments.providers, delivery, log }),
  })
  // Longer than proxies and providers keep theirs idle (a minute is usual), so that a request never meets a connection that just closed.
  const server = createServer({ keepAliveTimeout: 75_000 }, getRequestListener(app.fetch))
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(env.PORT, env.HOST, resolve),
  )
  const { port } = server.address() as AddressInfo // It listens on TCP, so it has an address with a port.
  log.info({ port }, 'the API serves')
  return {
    port,
    async stop() {
      standing.stop()
      await close(server)
    },
  }
}

/** Takes no new requests, ends idle connections, and lets the ones at work finish. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
    setTimeout(() => server.closeAllConnections(), 10_000).unref()
  })
}
