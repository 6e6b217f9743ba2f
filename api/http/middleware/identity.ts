import type { Context } from 'hono'
import { getCookie } from 'hono/cookie'
import { createMiddleware } from 'hono/factory'
import type { UserId } from '../../../domain/ids.ts'
import type { Bearer, Bearers } from '../../bearers.ts'
import type { ApiDeps } from '../../deps.ts'
import { Problem } from '../errors/problem.ts'
import type { ApiEnv } from '../routing.ts'

const cookie = 'floodgate_token'

/** Lets only those through who say who they are, by `Authorization: Bearer` or the cookie `floodgate_token`; 401 otherwise. */
export const signedIn = (deps: Pick<ApiDeps, 'bearers'>) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    c.set('buyer', (await whoIsSignedIn(deps, c)).id)
    await next()
  })

/** Who asks, at once where the token was verified before; 401 when nobody says so. */
export function whoIsSignedIn({ bearers }: Pick<ApiDeps, 'bearers'>, c: Context): Bearer | Promise<Bearer> {
  const token = tokenOf(c)
  if (token === undefined) throw new Problem('unauthenticated')
  return bearers.known(token) ?? ownerOf(bearers, token)
}

/** Lets only operators of the shop through, whose token says `role: "operator"`: 403 otherwise. What they want changed is logged with their id. */
export const operatorsOnly = ({ bearers, log }: Pick<ApiDeps, 'bearers' | 'log'>) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const who = await whoIsSignedIn({ bearers }, c)
    if (!who.operator) throw new Problem('forbidden')
    c.set('operator', who.id)
    await next()
    const { method, path } = c.req
    if (method !== 'GET')
      log.info({ operator: who.id, method, path, status: c.res.status }, 'an operator wanted a change')
  })

/** Who asks; undefined when the request carries no token. A token that is not good is 401, not nobody. */
export async function buyerOf(
  { bearers }: Pick<ApiDeps, 'bearers'>,
  c: Context,
): Promise<UserId | undefined> {
  const token = tokenOf(c)
  return token === undefined ? undefined : (await ownerOf(bearers, token)).id
}

async function ownerOf(bearers: Bearers, token: string): Promise<Bearer> {
  const owner = await bearers.whoIs(token)
  if (!owner) throw new Problem('unauthenticated')
  return owner
}

const tokenOf = (c: Context): string | undefined => bearerOf(c.req.header('authorization')) ?? cookieOf(c)

function bearerOf(header: string | undefined): string | undefined {
  if (header?.slice(0, 7).toLowerCase() !== 'bearer ') return undefined
  const [token] = header.slice(7).split(' ', 1)
  return token
}

/** The cookie comes along with requests that other sites make, so what changes something has to come from our own pages. */
function cookieOf(c: Context): string | undefined {
  const token = getCookie(c, cookie)
  if (token === undefined || c.req.method === 'GET' || c.req.method === 'HEAD' || fromOurPages(c))
    return token
  throw new Problem('cross_site')
}

function fromOurPages(c: Context): boolean {
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  const origin = c.req.header('origin')
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === c.req.header('host'))
}
