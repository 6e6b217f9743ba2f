import type { HttpBindings } from '@hono/node-server'
import { cors } from 'hono/cors'
import { etag } from 'hono/etag'
import { createMiddleware } from 'hono/factory'
import { isTrustedPeer } from '../../client-address.ts'
import type { ApiDeps } from '../../deps.ts'
import type { ApiEnv } from '../routing.ts'

const day = 86_400

/**
 * Lets pages of the configured origins call the API, also with its cookie; pages of others cannot read an
 * answer. https://developer.mozilla.org/docs/Web/HTTP/Guides/CORS
 */
export const allowOrigins = (origins: readonly string[]) => {
  const answer = cors({
    origin: (origin) => (origins.includes(origin) ? origin : null),
    credentials: true,
    allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowHeaders: [
      'authorization',
      'content-type',
      'idempotency-key',
      'last-event-id',
      'x-cart',
      'x-request-id',
    ],
    exposeHeaders: [
      ...['etag', 'location', 'retry-after', 'x-cart', 'x-request-id', 'x-server-time'],
      ...['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'],
    ],
    maxAge: day,
  })
  return createMiddleware<ApiEnv>((c, next) => {
    c.set('fromAllowedOrigin', origins.includes(c.req.header('origin') ?? ''))
    return answer(c, next)
  })
}

/**
 * Notes whether the buyer's browser speaks https, by itself or to a trusted proxy: cookies are `Secure` then.
 * And keeps answers out of every cache, unless their route says that they may be kept.
 */
export const browserRules = ({ trustedProxies }: Pick<ApiDeps, 'trustedProxies'>) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const { incoming } = c.env as Partial<HttpBindings> // Absent where no socket is: `app.request()`.
    const peer = incoming?.socket.remoteAddress ?? ''
    const forwarded = c.req.header('x-forwarded-proto')?.split(',').at(-1)?.trim()
    const proto = forwarded && isTrustedPeer(trustedProxies, peer) ? forwarded : new URL(c.req.url).protocol
    c.set('https', proto === 'https' || proto === 'https:')
    await next()
    if (!c.res.headers.has('cache-control')) c.res.headers.set('cache-control', 'no-store')
  })

/** For what everybody may see: asked again with its tag, it is 304. */
export const publicAnswers = [
  etag({ weak: true }), // The same content, compressed or not.
  createMiddleware(async (c, next) => {
    await next()
    if (c.res.status === 200 && !c.res.headers.has('cache-control'))
      c.res.headers.set('cache-control', 'public, no-cache')
  }),
]
