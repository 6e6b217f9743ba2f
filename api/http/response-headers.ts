import type { OpenAPIHono, RouteConfig } from '@hono/zod-openapi'
import type { ApiEnv } from './routing.ts'

type Responses = RouteConfig['responses']
type Registry = OpenAPIHono<ApiEnv>['openAPIRegistry']
type Route = { method: string; path: string; responses: Responses }

const refTo = (name: string) => ({ $ref: `#/components/headers/${name}` })

const noStore = { 'Cache-Control': refTo('NoStore') }
const askAgain = { 'Cache-Control': refTo('PublicNoCache'), ETag: refTo('ETag') }
const newCart = { 'X-Cart': refTo('XCart') }
const limits = {
  'RateLimit-Limit': refTo('RateLimitLimit'),
  'RateLimit-Remaining': refTo('RateLimitRemaining'),
  'RateLimit-Reset': refTo('RateLimitReset'),
}

/**
 * What middleware adds to an answer: `publicAnswers`, `browserRules`, `limitRates` and `cartOf`, in this
 * order.
 */
function impliedHeaders({ method, path }: Route, status: string) {
  if (status === '304') return askAgain
  const isPublic = method === 'get' && path.startsWith('/v1/products') && status === '200'
  return { ...(isPublic ? askAgain : noStore), ...limits, ...(path.startsWith('/v1/cart') ? newCart : {}) }
}

/** The answers of a route under /v1 as the document describes them: with the headers that middleware adds. */
export const withImpliedHeaders = (route: Route): Responses =>
  Object.fromEntries(
    Object.entries(route.responses).map(([status, answer]) => [
      status,
      { ...answer, headers: { ...impliedHeaders(route, status), ...ownHeaders(answer) } },
    ]),
  )

const ownHeaders = (answer: Responses[string]) => ('headers' in answer ? answer.headers : {})

/** Describes each header once: answers refer to it. */
export function registerHeaders(registry: Registry): void {
  for (const [name, header] of Object.entries(components)) registry.registerComponent('headers', name, header)
}

const components: Record<string, Parameters<Registry['registerComponent']>[2]> = {
  RetryAfter: {
    description: 'When it is worth while to ask again, s.',
    schema: { type: 'integer', example: 5 },
  },
  ContentLanguage: {
    description: 'The language of `title` and `detail`.',
    schema: { type: 'string', pattern: '^(en|zh)$', example: 'en' },
  },
  WwwAuthenticate: { description: 'How to sign in.', schema: { type: 'string', example: 'Bearer' } },
  NoStore: {
    description: 'No cache keeps the answer: it is of this moment and of whoever asks.',
    schema: { type: 'string', enum: ['no-store'], example: 'no-store' },
  },
  PublicNoCache: {
    description: 'Every cache may keep the answer, and asks again with its `ETag` before each use.',
    required: true,
    schema: { type: 'string', enum: ['public, no-cache'], example: 'public, no-cache' },
  },
  ETag: {
    description: 'The answer’s tag. Sent back as `If-None-Match`, an answer that is still the same is 304.',
    required: true,
    schema: { type: 'string', example: '"0f1e2d3c4b5a69788796a5b4c3d2e1f001122334"' },
  },
  XCart: {
    description: 'A new cart’s name, when the request named none.',
    schema: { type: 'string', format: 'uuid', example: '0b1e8a52-7f0c-4a43-9f0e-3c5f2a6d9e11' },
  },
  RateLimitLimit: {
    description: 'Requests a minute to this group of routes, of this buyer or this address.',
    schema: { type: 'integer', example: 600 },
  },
  RateLimitRemaining: {
    description: 'How many of them are left in this minute.',
    schema: { type: 'integer', example: 599 },
  },
  RateLimitReset: {
    description: 'When the count begins anew, in s.',
    schema: { type: 'integer', example: 42 },
  },
}
