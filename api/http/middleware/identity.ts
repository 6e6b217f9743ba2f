import type { Context } from 'hono'
import { getCookie } from 'hono/cookie'
import { createMiddleware } from 'hono/factory'
import type { UserId } from '../../../domain/ids.ts'
import { refuse } from '../../../domain/refusals.ts'
import type { Bearer, Bearers } from '../../bearers.ts'
import type { ApiDeps } from '../../deps.ts'
import { KeysAway } from '../../published-keys.ts'
import { may } from '../../rights.ts'
import { Problem } from '../errors/problem.ts'
import type { ApiEnv } from '../routing.ts'

const cookie = 'floodgate_token'

/**
 * Lets only those through who say who they are, by `Authorization: Bearer` or the cookie `floodgate_token`;
 * 401 otherwise.
 * @throws {Refused} buyer_blocked when a blocked account wants to change something
 */
export const signedIn = (deps: Pick<ApiDeps, 'bearers'>) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    c.set('buyer', (await whoIsSignedIn(deps, c)).id)
    await next()
  })

/** Who asks, at once where the token was verified before; 401 when nobody says so. */
export function whoIsSignedIn({ bearers }: Pick<ApiDeps, 'bearers'>, c: Context): Bearer | Promise<Bearer> {
  const token = tokenOf(c)
  if (token === undefined) throw new Problem('unauthenticated')
  const known = bearers.known(token)
  return known === undefined ? ownerOf(bearers, c, token) : allowed(c, known)
}

/**
 * Lets only those through whose role has the right (api/rights.ts): 403 otherwise. Both are logged with the
 * id: what was changed, and what was refused.
 */
export const operatorsOnly = ({ bearers, log }: Pick<ApiDeps, 'bearers' | 'log'>) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const { id, role, blocked } = await whoIsSignedIn({ bearers }, c)
    const { method, path } = c.req
    if (blocked || !may(role, { method, path })) {
      log.warn({ user: id, role, method, path }, 'a request was refused for want of a right')
      throw new Problem('forbidden')
    }
    c.set('buyer', id)
    await next()
    if (method !== 'GET')
      log.info({ operator: id, role, method, path, status: c.res.status }, 'an operator asked for a change')
  })

/** Who asks; undefined when the request carries no token. A token that is not good is 401, not nobody. */
export async function buyerOf(
  { bearers }: Pick<ApiDeps, 'bearers'>,
  c: Context,
): Promise<UserId | undefined> {
  const token = tokenOf(c)
  return token === undefined ? undefined : (await ownerOf(bearers, c, token)).id
}

async function ownerOf(bearers: Bearers, c: Context, token: string): Promise<Bearer> {
  const owner = await bearers.whoIs(token).catch((error) => {
    throw error instanceof KeysAway ? new Problem('sign_in_away') : error
  })
  if (!owner) throw new Problem('unauthenticated')
  return allowed(c, owner)
}

/** A blocked account sees what it has, and changes nothing. */
function allowed(c: Context, bearer: Bearer): Bearer {
  if (bearer.blocked && !isRead(c)) refuse('buyer_blocked', {})
  return bearer
}

const isRead = (c: Context): boolean => c.req.method === 'GET' || c.req.method === 'HEAD'

/** The token that a request brings, wherever it comes from; what it may do is for `signedIn` to say. */
export const presentedToken = (c: Context): string | undefined =>
  bearerOf(c.req.header('authorization')) ?? inCookie(c)

const tokenOf = (c: Context): string | undefined => bearerOf(c.req.header('authorization')) ?? cookieOf(c)

function bearerOf(header: string | undefined): string | undefined {
  if (header?.slice(0, 7).toLowerCase() !== 'bearer ') return undefined
  const [token] = header.slice(7).split(' ', 1)
  return token
}

/** With the prefix `__Host-` no other host of the shop's domain can have set it. */
const inCookie = (c: Context): string | undefined => getCookie(c, cookie, 'host') ?? getCookie(c, cookie)

/**
 * The cookie comes along with requests that other sites make, so what changes something has to come from our
 * own pages.
 */
function cookieOf(c: Context): string | undefined {
  const token = inCookie(c)
  if (token === undefined || isRead(c) || fromOurPages(c)) return token
  throw new Problem('cross_site')
}

function fromOurPages(c: Context): boolean {
  if (c.get('fromAllowedOrigin') === true) return true
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  const origin = c.req.header('origin')
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === c.req.header('host'))
}
