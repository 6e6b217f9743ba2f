import type { Context, TypedResponse } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { Logger } from 'pino'
import { OrderUnknown } from '../../../domain/order-unknown.ts'
import { type RefusalCode, Refused, refusalStatus } from '../../../domain/refusals.ts'
import { isAway, isBusy } from '../../../runtime/away.ts'
import { faultOf } from '../../../runtime/fault.ts'
import { problemsTotal } from '../../../runtime/metrics.ts'
import { joinStatus } from '../../flash-sales/answers.ts'
import type { ApiProblemCode, ProblemCode } from './codes.ts'
import { type Language, languageOf } from './language.ts'
import { problemTexts } from './problem-texts.ts'

const apiStatus = {
  ...joinStatus,
  unauthenticated: 401,
  sign_in_away: 503,
  cross_site: 403,
  forbidden: 403,
  not_found: 404,
  bad_request: 400,
  request_timeout: 408,
  headers_too_large: 431,
  server_away: 503,
  method_not_allowed: 405,
  malformed_json: 400,
  body_too_large: 413,
  not_json: 415,
  validation: 422,
  cart_full: 409,
  too_many_carts: 429,
  addresses_full: 409,
  no_ticket: 404,
  too_many_streams: 429,
  streams_off: 503,
  still_being_done: 503,
  not_ready: 503,
  fault: 500,
} as const satisfies Record<ApiProblemCode, number>
type ProblemStatus = (typeof apiStatus)[ApiProblemCode] | (typeof refusalStatus)[RefusalCode]

/** What passes in time, and when it is worth while to ask again at the earliest, in seconds. */
const retryAfterS: Partial<Record<ProblemCode, number>> = {
  attempt_unsettled: 5,
  unavailable: 5,
  not_ready: 5,
  sign_in_away: 5,
  server_away: 5,
  still_being_done: 5,
  paused: 2,
  too_many_streams: 30,
  too_many_carts: 3600,
  streams_off: 30,
}

export type FieldError = { field: string; code: string; message: string }
/**
 * `details`: a refusal's own. `errors`: what is wrong with which field. `dependencies`: what does not answer.
 * `retryAfterS`: goes into the header `Retry-After`, with some seconds added.
 */
export type ProblemMore = {
  details?: object
  field?: string
  errors?: FieldError[]
  dependencies?: object
  retryAfterS?: number
}
type ProblemBody = { type: string; title: string; status: number; detail: string; code: string }

/** An answer that is not a success, for the edge to write. */
export class Problem extends Error {
  readonly code: ApiProblemCode
  readonly more: ProblemMore
  constructor(code: ApiProblemCode, more: ProblemMore = {}) {
    super(code)
    this.code = code
    this.more = more
  }
}

/**
 * Turns whatever was thrown into `application/problem+json` (RFC 9457); a fault is logged, once and here, and
 * answers nothing of its inside.
 */
export const onError = (log: Logger) => (error: unknown, c: Context) => {
  if (error instanceof Refused) return problem(c, error.refusal.code, { details: error.refusal.details })
  if (error instanceof Problem) return problem(c, error.code, error.more)
  if (error instanceof OrderUnknown) return problem(c, 'not_found')
  if (error instanceof HTTPException && error.status === 400) return problem(c, 'malformed_json')
  if (isAborted(error)) {
    log.debug({ method: c.req.method, path: c.req.path }, 'a client went away')
    return problem(c, 'malformed_json') // Nobody reads it.
  }
  if (isAway(error)) {
    log.warn({ fault: faultOf(error), method: c.req.method, path: c.req.path }, 'a server is away')
    return problem(c, 'server_away')
  }
  const orderId: unknown = c.get('orderId')
  const busy = isBusy(error)
  log.error(
    {
      fault: faultOf(error),
      method: c.req.method,
      path: c.req.path,
      ...(orderId === undefined ? {} : { orderId }),
    },
    busy ? 'a request waited too long for PostgreSQL' : 'a request failed',
  )
  return problem(c, busy ? 'server_away' : 'fault')
}

/**
 * What Node says to who reads a body when its client has gone (`http.IncomingMessage`: 'aborted',
 * ECONNRESET).
 */
const isAborted = (error: unknown): boolean =>
  error instanceof Error && error.message === 'aborted' && 'code' in error && error.code === 'ECONNRESET'

/** One problem as an answer, in the language that the client asked for. */
export function problem(
  c: Context,
  code: ProblemCode,
  more: ProblemMore = {},
): Response & TypedResponse<ProblemBody, ProblemStatus, 'json'> {
  problemsTotal.inc({ code })
  const { body, status, headers } = problemParts(code, languageOf(c.req.header('accept-language')), more)
  const answer: Response = c.body(body, status, headers)
  // What the body is, for typed clients.
  return answer as Response & TypedResponse<ProblemBody, ProblemStatus, 'json'>
}

/** What a problem's answer is made of. */
export function problemParts(
  code: ProblemCode,
  language: Language,
  { retryAfterS: wait = retryAfterS[code], ...more }: ProblemMore = {},
) {
  const status = statusOf(code)
  const { title, detail } = problemTexts[code][language]
  return {
    body: JSON.stringify({ type: `/problems/${code}`, title, status, detail, code, ...more }),
    status,
    headers: {
      'content-type': 'application/problem+json',
      'content-language': language,
      vary: 'Accept-Language',
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
      ...(wait === undefined ? {} : { 'retry-after': String(wait + spread(wait)) }),
    },
  }
}

/** The most that is added to `Retry-After`, s. */
const mostSpreadS = 5

/** Some seconds more, so that all who were refused in one moment do not come back in one. */
const spread = (wait: number): number =>
  Math.floor(Math.random() * (Math.min(mostSpreadS, Math.max(1, wait)) + 1))

const isApiCode = (code: ProblemCode): code is ApiProblemCode => code in apiStatus
const statusOf = (code: ProblemCode): ProblemStatus =>
  isApiCode(code) ? apiStatus[code] : refusalStatus[code]
