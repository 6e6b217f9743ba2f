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
    /** The order that a request is about, for the log. */
    orderId?: OrderId
  }
}

/** A group of routes whose invalid input is answered the same way everywhere: 404 for an id in a path that is none, else 422 with the fields. */
export const routes = (): OpenAPIHono<ApiEnv> =>
  new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (!result.success && result.target === 'param') throw new Problem('not_found')
      checked(result)
    },
  })

/** What was parsed, or 422 with the fields that are not as expected. */
export function checked<T>(result: { success: true; data: T } | { success: false; error: z.ZodError }): T {
  if (result.success) return result.data
  const errors = result.error.issues.flatMap(fieldErrors)
  throw new Problem('validation', { field: errors[0]?.field ?? '', errors })
}

type Issue = z.core.$ZodIssue

function fieldErrors(issue: Issue): FieldError[] {
  const at = issue.path.map(String)
  if (issue.code !== 'unrecognized_keys')
    return [{ field: at.join('.'), code: issue.code, message: issue.message }]
  return issue.keys.map((key) => ({
    field: [...at, key].join('.'),
    code: 'unknown_field',
    message: 'there is no such field',
  }))
}
