import { OpenAPIHono, type z } from '@hono/zod-openapi'
import type { OrderId, UserId } from '../../domain/ids.ts'
import type { CartOwner } from '../../runtime/container.ts'
import { type FieldError, Problem } from './errors/problem.ts'

/** What middleware finds out for the routes behind it. */
export type ApiEnv = {
  Variables: {
    /** Who asks; set by `signedIn`. */
    buyer: UserId
    /** Whose cart; set by `cartOf`. */
    cart: CartOwner
    /** A page of an allowed origin asks; set by `allowOrigins`. */
    fromAllowedOrigin?: boolean
    /** Whether the browser speaks https; set by `browserRules`. */
    https?: boolean
    /** The order that a request is about, for the log. */
    orderId?: OrderId
  }
}

/**
 * A group of routes whose invalid input is answered the same way everywhere: 404 for an id in a path that is
 * none, 400 for a body that is missing, else 422 with the fields.
 */
export const routes = (): OpenAPIHono<ApiEnv> =>
  new OpenAPIHono<ApiEnv>({
    defaultHook: (result, c) => {
      if (!result.success && result.target === 'param') throw new Problem('not_found')
      // A required body is validated as `{}` when there is none: its type is what distinguishes the two.
      const isMissing = result.target === 'json' && c.req.header('content-type') === undefined
      if (isMissing) throw new Problem('malformed_json')
      checked(result)
    },
  })

/**
 * What was parsed.
 * @throws {Problem} validation: with the first twenty fields that are not as expected, their names cut, so
 * that an answer stays small whatever was sent
 */
export function checked<T>(result: { success: true; data: T } | { success: false; error: z.ZodError }): T {
  if (result.success) return result.data
  const errors: FieldError[] = []
  for (const issue of result.error.issues) {
    errors.push(...fieldErrors(issue, mostErrors - errors.length))
    if (errors.length === mostErrors) break
  }
  throw new Problem('validation', { field: errors[0]?.field ?? '', errors })
}

const mostErrors = 20
const longestName = 100

type Issue = z.core.$ZodIssue

function fieldErrors(issue: Issue, most: number): FieldError[] {
  const at = issue.path.map(String)
  if (issue.code !== 'unrecognized_keys')
    return [{ field: nameOf(at), code: issue.code, message: issue.message }]
  return issue.keys.slice(0, most).map((key) => ({
    field: nameOf([...at, key]),
    code: 'unknown_field',
    message: 'there is no such field',
  }))
}

const nameOf = (path: readonly string[]): string => {
  const name = path.join('.')
  return name.length > longestName ? `${name.slice(0, longestName)}…` : name
}
