import { backgroundDelivery } from '../runtime/background-delivery.ts'
import { configureCaptcha } from '../runtime/captcha.ts'
import type { Container } from '../runtime/container.ts'
import { createHealth, type Health } from '../runtime/health.ts'
import { runPollLoops } from '../runtime/poll-loop.ts'
import { createIdentities } from '../services/buyers/identities.ts'
import { readWithdrawn } from '../services/buyers/withdrawals.ts'
import { readSwitch } from '../services/operations/switches.ts'
import { type Api, createApp } from './app.ts'
import { createBearers } from './bearers.ts'
import { trustedProxies } from './client-address.ts'
import { type ApiEnv, orderLimits } from './environment.ts'
import { createBuyerLimit } from './flash-sales/buyer-limits.ts'
import { createEarlyRefusals } from './flash-sales/early-refusals.ts'
import { gateAway } from './flash-sales/gate-away.ts'
import { createSessionOperations } from './flash-sales/operations.ts'
import { createSessionBook } from './flash-sales/session-book.ts'
import { createTicketStreams } from './flash-sales/ticket-streams.ts'
import { createTokenLimits } from './flash-sales/token-limits.ts'
import { notifyRoutes } from './http/routes/notify.ts'
import { startHttpServer } from './http-server.ts'
import { createPaying } from './paying.ts'
import { createPlacing } from './placing.ts'
import { createQuoteTokens } from './quote-token.ts'
import { createRefunding } from './refunding.ts'
import { createRequestLog } from './request-log.ts'
import { watchStanding } from './token-standing.ts'
import { createTokenVerifier } from './token-verifier.ts'

export type RunningApi = {
  port: number
  /**
   * Ends event streams with a hint to come back elsewhere, takes nothing new, and lets what is at work
   * finish.
   */
  stop(): Promise<void>
}

/**
 * Serves the API over the opened container. The orders that it starts run on `ORDERS_QUEUE`, eagerly where
 * this process has a worker of it.
 */
export async function startApi(
  env: ApiEnv,
  container: Container,
  health: Pick<Health, 'readiness'> = createHealth({}),
): Promise<RunningApi> {
  const { db, redis, events, carts, ids, gate, payments, client, log } = container
  const delivery = backgroundDelivery({ sql: db.sql, accounts: payments.accounts, client, events, log })
  const refunding = createRefunding({ sql: db.sql, events })
  const standing = watchStanding(() => readWithdrawn(db.sql), {
    warn: (error) => log.warn({ error }, 'withdrawn tokens and blocked accounts could not be read'),
  })
  await standing.start()
  const streams = createTicketStreams({
    events,
    log,
    perBuyer: env.STREAMS_PER_BUYER,
    most: env.STREAMS_PER_PROCESS,
  })
  let leaving = false
  const heeding = runPollLoops(
    [
      {
        name: 'heed the switch of event streams',
        everyMs: 1000,
        async run() {
          const isOn = await readSwitch(db.sql, 'event_streams')
          streams.allow(isOn && !leaving)
          return 0
        },
      },
    ],
    log,
  )
  const app = createApp({
    db,
    carts,
    anonymousCarts: { validS: env.ANONYMOUS_CART_VALID_S, perAddress: env.ANONYMOUS_CARTS_PER_ADDRESS },
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
    allowedOrigins: env.ALLOWED_ORIGINS,
    rateLimiting: { windows: container.rateWindows, factor: env.RATE_LIMIT_FACTOR },
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
    health,
    gate,
    streams,
    sessions: createSessionBook({ sql: db.sql, events }),
    earlyRefusals: createEarlyRefusals(gate, gateAway(log)),
    joinLimit: createBuyerLimit(env.JOINS_PER_BUYER_PER_MINUTE),
    lookLimit: createBuyerLimit(env.LOOKS_PER_BUYER_PER_MINUTE),
    challenge: configureCaptcha(env, { gate, log, secret: env.QUOTE_SECRET }),
    tokenLimits: createTokenLimits(redis, {
      perBuyer: env.TOKENS_PER_BUYER_PER_MINUTE,
      perAddress: env.TOKENS_PER_ADDRESS_PER_MINUTE,
    }),
    trustedProxies: env.TRUSTED_PROXIES ?? trustedProxies('none'),
    operations: createSessionOperations({ sql: db.sql, gate, client, events, queue: env.ORDERS_QUEUE, log }),
    notifyRoutes: notifyRoutes({ sql: db.sql, ids, providers: payments.providers, delivery, log }),
  })
  const server = await startHttpServer({
    fetch: app.fetch,
    host: env.HOST,
    port: env.PORT,
    maxConnections: env.MAX_CONNECTIONS,
    requests: createRequestLog({
      log,
      perSecond: env.ACCESS_LOG_PER_SECOND,
      routeOf: (method, path) => routeOf(app, method, path),
    }),
  })
  log.info({ port: server.port }, 'the API serves')
  return {
    port: server.port,
    async stop() {
      leaving = true
      server.leave()
      streams.allow(false)
      standing.stop()
      await Promise.all([server.close(), heeding.stop()])
    },
  }
}

/** The route that answers, as it was declared; the last that matches stands behind all middleware. */
function routeOf(app: Api, method: string, path: string): string {
  const [handlers] = app.router.match(method, path)
  const routes = handlers.map(([[, { path: route }]]) => route).filter((route) => !route.includes('*'))
  return routes.at(-1) ?? 'none'
}
