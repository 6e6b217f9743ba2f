import type { UserId } from '../domain/ids.ts'
import type { Claims } from './token-verifier.ts'

/** What the shop has withdrawn: as `services/buyers/withdrawals` reads it. Moments in ms since 1970. */
export type Withdrawn = {
  jtis: ReadonlySet<string>
  /** Tokens of this user that were issued before the moment. */
  ofUser: ReadonlyMap<string, number>
  /** All tokens that were issued before it; 0: none. */
  before: number
  blocked: ReadonlySet<string>
}

export type Standing = {
  isWithdrawn(id: UserId, token: Pick<Claims, 'jti' | 'issuedAt'>): boolean
  isBlocked(id: UserId): boolean
}

export type WatchedStanding = Standing & {
  /** Looks now, and again after each pause until stopped. Rejects when the first look fails. */
  start(): Promise<void>
  stop(): void
}

/** How long a withdrawn token is still good in this process, at the most, ms. */
const pauseMs = 5000

/**
 * Keeps what is withdrawn in memory, so that no request asks PostgreSQL for it. While PostgreSQL is away the
 * last look goes on.
 */
export function watchStanding(
  read: () => Promise<Withdrawn>,
  { everyMs = pauseMs, warn = (_error: unknown) => {} } = {},
): WatchedStanding {
  let now: Withdrawn = { jtis: new Set(), ofUser: new Map(), before: 0, blocked: new Set() }
  let timer: NodeJS.Timeout | undefined
  let failing = false
  const look = async (): Promise<void> => {
    now = await read()
    failing = false
  }
  const again = async (): Promise<void> => {
    await look().catch((error) => {
      if (!failing) warn(error) // Once an outage.
      failing = true
    })
    if (timer !== undefined) timer = setTimeout(again, everyMs).unref()
  }
  return {
    isWithdrawn: (id, { jti, issuedAt }) =>
      issuedAt < now.before ||
      issuedAt < (now.ofUser.get(id) ?? 0) ||
      (jti !== undefined && now.jtis.has(jti)),
    isBlocked: (id) => now.blocked.has(id),
    async start() {
      await look()
      timer = setTimeout(again, everyMs).unref()
    },
    stop() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}
