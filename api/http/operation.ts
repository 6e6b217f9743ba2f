import { createRoute, type RouteConfig } from '@hono/zod-openapi'
import type { ProblemCode } from './errors/codes.ts'
import { withImpliedHeaders } from './response-headers.ts'
import { type ProblemAnswers, problemAnswers } from './schemas/problem.ts'

type Described<P extends string> = Omit<RouteConfig, 'path'> & {
  path: P
  /** The function's name in generated clients: unique, and never changed. */
  operationId: string
  tags: string[]
  summary: string
  description: string
  /** Who may: `bearer`, or `open` for everybody. */
  security: Record<string, string[]>[]
  /** The route is asked before every middleware (see `createApp`): none adds headers to its answers. */
  beforeMiddleware?: true
}

/**
 * A route as the document describes it. `codes`: what it refuses of its own; those that follow from its path,
 * parameters, body and security are added, and the headers that middleware adds.
 */
export function operation<P extends string, R extends Described<P>>(
  route: R & { path: P },
  ...codes: ProblemCode[]
) {
  const { beforeMiddleware = !route.path.startsWith('/v1/'), ...stated } = route
  const { method, path } = route
  const all = [...new Set([...codes, ...impliedCodes(route)])]
  const own = { ...route.responses, ...problemAnswers(all) }
  const described = beforeMiddleware ? own : withImpliedHeaders({ method, path, responses: own })
  const responses = described as R['responses'] & ProblemAnswers // The same answers, with more headers.
  return createRoute<P, R & { path: P; responses: R['responses'] & ProblemAnswers }>({
    ...(stated as R & { path: P }), // Less a field that no type of a client reads.
    responses,
  })
}

/** What middleware and validation answer before a route is asked. */
function impliedCodes({ method, path, request, security }: Described<string>): ProblemCode[] {
  const changes = method !== 'get'
  const secured = security.length > 0
  const sends = method === 'post' || method === 'put' || method === 'patch'
  return [
    ...(request?.body ? (['malformed_json'] as const) : []),
    ...(secured ? (['unauthenticated', 'sign_in_away'] as const) : []),
    ...(secured && changes ? (['cross_site', 'buyer_blocked'] as const) : []),
    ...(path.startsWith('/v1/') ? (['rate_limited', 'server_away'] as const) : []),
    ...(path.startsWith('/v1/ops/') ? (['forbidden'] as const) : []),
    ...(request?.params ? (['not_found'] as const) : []),
    ...(sends ? (['body_too_large', 'not_json'] as const) : []),
    ...(request?.query || request?.headers || request?.body ? (['validation'] as const) : []),
    'fault',
  ]
}
