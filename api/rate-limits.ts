import { createMiddleware } from 'hono/factory'
import { clientAddress, limitKey } from './client-address.ts'
import type { ApiDeps } from './deps.ts'
import { Problem } from './http/errors/problem.ts'
import { presentedToken } from './http/middleware/identity.ts'

const windowS = 60

type Limit = { name: string; methods: readonly string[]; path: RegExp; buyer: number; address: number }

const reads = ['GET', 'HEAD']
const writes = ['POST', 'PUT', 'PATCH', 'DELETE']

/**
 * Requests a minute: `buyer` of one who is signed in, wherever they are; `address` of everybody else behind
 * one address (of IPv6: its /64 network). The first line that fits decides. Joins, looks at tickets and
 * tokens of flash sales have limits of their own beside it (docs/api.md); what providers post has none.
 */
export const rateLimits: readonly Limit[] = [
  { name: 'operators', methods: [...reads, ...writes], path: /^\/v1\/ops\//, buyer: 600, address: 60 },
  {
    name: 'tickets',
    methods: [...reads, ...writes],
    path: /^\/v1\/seckill\/.*\/tickets/,
    buyer: 600,
    address: 60,
  },
  {
    name: 'flash-sales',
    methods: [...reads, ...writes],
    path: /^\/v1\/seckill\//,
    buyer: 300,
    address: 1200,
  },
  { name: 'payments', methods: writes, path: /^\/v1\/orders\/[^/]+\/payments$/, buyer: 30, address: 30 },
  { name: 'orders', methods: writes, path: /^\/v1\/orders/, buyer: 60, address: 30 },
  { name: 'quotes', methods: writes, path: /^\/v1\/quotes$/, buyer: 120, address: 30 },
  { name: 'addresses', methods: writes, path: /^\/v1\/addresses/, buyer: 60, address: 30 },
  { name: 'carts', methods: writes, path: /^\/v1\/cart/, buyer: 240, address: 240 },
  { name: 'reads', methods: reads, path: /^\/v1\//, buyer: 600, address: 1200 },
  { name: 'others', methods: [...reads, ...writes], path: /^\/v1\//, buyer: 60, address: 60 },
]

/**
 * Keeps to the limits: 429 `rate_limited` with `Retry-After`, and `RateLimit-*` in every answer. Who is
 * signed in is counted by who they are and never by where: what one buyer is refused costs no neighbour
 * behind the same address. https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
export function limitRates(deps: Pick<ApiDeps, 'bearers' | 'trustedProxies' | 'rateLimiting'>) {
  const { windows, factor, now = Date.now } = deps.rateLimiting
  return createMiddleware(async (c, next) => {
    const { method, path } = c.req
    const limit =
      factor > 0 ? rateLimits.find((one) => one.methods.includes(method) && one.path.test(path)) : undefined
    if (limit === undefined) return next()
    const token = presentedToken(c)
    // A token whose keys are away counts by its address: the route answers what is to be said about it.
    const who = token === undefined ? undefined : await deps.bearers.whoIs(token).catch(() => undefined)
    const key =
      who === undefined ? `address:${limitKey(clientAddress(deps.trustedProxies, c))}` : `buyer:${who.id}`
    const most = Math.max(1, Math.round((who === undefined ? limit.address : limit.buyer) * factor))
    const at = now()
    const used = await windows.count(`${limit.name}:${key}`, at)
    const resetS = Math.ceil(windowS - ((at / 1000) % windowS))
    c.header('RateLimit-Limit', String(most))
    c.header('RateLimit-Remaining', String(Math.max(0, Math.floor(most - used))))
    c.header('RateLimit-Reset', String(resetS))
    if (used > most) throw new Problem('rate_limited', { retryAfterS: resetS })
    return next()
  })
}
