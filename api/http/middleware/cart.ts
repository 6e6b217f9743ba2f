import { randomUUID } from 'node:crypto'
import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { createMiddleware } from 'hono/factory'
import type { UserId } from '../../../domain/ids.ts'
import type { CartOwner } from '../../../runtime/container.ts'
import type { ApiDeps } from '../../deps.ts'
import type { ApiEnv } from '../routing.ts'
import { buyerOf } from './identity.ts'

const header = 'x-cart'
const cookie = 'floodgate_cart'
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Finds whose cart a request means: the buyer's, or the anonymous one that the header `X-Cart` or the cookie
 * `floodgate_cart` names. A buyer who brings an anonymous cart has just signed in: it is merged into theirs.
 * Who brings neither gets a new one, named in both.
 */
export const cartOf = (deps: Pick<ApiDeps, 'anonymousCarts' | 'bearers' | 'carts'>) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const buyer = await buyerOf(deps, c)
    const anonymous = anonymousOf(c)
    if (buyer && anonymous) await mergeInto(deps, c, { anonymous, buyer })
    c.set('cart', buyer ?? anonymous ?? newCart(c, deps.anonymousCarts.validS))
    await next()
  })

/** For routes behind `signedIn` that look at the cart. */
export const mergedCart = (deps: Pick<ApiDeps, 'carts'>) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const anonymous = anonymousOf(c)
    if (anonymous) await mergeInto(deps, c, { anonymous, buyer: c.var.buyer })
    await next()
  })

async function mergeInto(
  { carts }: Pick<ApiDeps, 'carts'>,
  c: Context,
  { anonymous, buyer }: { anonymous: CartOwner; buyer: UserId },
): Promise<void> {
  await carts.merge(anonymous, buyer)
  if (getCookie(c, cookie) !== undefined) deleteCookie(c, cookie, { path: '/' })
  if (getCookie(c, cookie, 'host') !== undefined)
    deleteCookie(c, cookie, { path: '/', prefix: 'host', secure: true })
}

function anonymousOf(c: Context): CartOwner | undefined {
  const named = (c.req.header(header) ?? getCookie(c, cookie, 'host') ?? getCookie(c, cookie))?.toLowerCase()
  return named !== undefined && uuid.test(named) ? `anon-${named}` : undefined
}

function newCart(c: Context<ApiEnv>, validS: number): CartOwner {
  const name = randomUUID()
  c.header(header, name)
  // Over https its name has the prefix `__Host-`: no other host of the domain can set or read it.
  const common = { path: '/', httpOnly: true, sameSite: 'Lax', maxAge: validS } as const
  setCookie(c, cookie, name, c.var.https ? { ...common, secure: true, prefix: 'host' } : common)
  return `anon-${name}`
}
