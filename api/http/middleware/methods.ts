import type { Context, Hono } from 'hono'
import { problem } from '../errors/problem.ts'

/**
 * The answer where no route is found: 404, or 405 with `Allow` where the path has other methods (RFC 9110,
 * 15.5.6). What a path has is read off the app's own routes when it is first asked.
 */
export function noRoute(app: Pick<Hono, 'routes'>) {
  let paths: { pattern: RegExp; method: string }[] | undefined
  return (c: Context): Response => {
    paths ??= app.routes
      .filter(({ method }) => method !== 'ALL') // Middleware.
      .map(({ path, method }) => ({ pattern: patternOf(path), method }))
    const there = paths.filter(({ pattern }) => pattern.test(c.req.path)).map(({ method }) => method)
    if (there.length === 0) return problem(c, 'not_found')
    const heads = there.includes('GET') ? ['HEAD'] : []
    c.header('allow', [...new Set([...there, ...heads])].sort().join(', '))
    return problem(c, 'method_not_allowed')
  }
}

const patternOf = (path: string): RegExp => new RegExp(`^${path.split('/').map(segment).join('/')}$`)

const segment = (part: string): string =>
  part.startsWith(':') ? '[^/]+' : part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
