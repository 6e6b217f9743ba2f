import { hc } from 'hono/client'
import type { Api } from './app.ts'

/**
 * A typed client of the API, speaking as the buyer of a token.
 *
 * @example const answer = await createApiClient(url, token).v1.quotes.$post({ json: {} })
 */
export const createApiClient = (url: string, token: string) =>
  hc<Api>(url, { headers: { authorization: `Bearer ${token}` } })
export type ApiClient = ReturnType<typeof createApiClient>
