import type { Harness } from './harness.ts'

type Line = { sku: string; line: string; quantity: number; selected: boolean; priceChanged: boolean }
type Cart = { lines: Line[]; selectedPieces: number; selectedTotal: { fen: string } }
type Asked = { method?: string; path?: string; body?: unknown; headers?: Record<string, string> }

/** Asks for carts as pages do. `harness`: the file's own, once it is started. */
export function cartClient(harness: () => Harness) {
  async function ask({ method = 'GET', path = '', body, headers = {} }: Asked) {
    const answer = await fetch(`${harness().url}/v1/cart${path}`, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return {
      status: answer.status,
      headers: answer.headers,
      cart: (await answer.json()) as Cart & { code?: string },
    } // A cart, or a problem.
  }
  const signedIn = async () => {
    const { id, token } = await harness().newBuyer()
    return { id, headers: { authorization: `Bearer ${token}` } }
  }
  const add = (headers: Record<string, string>, sku: string, quantity: number) =>
    ask({ method: 'POST', path: '/lines', body: { sku, quantity }, headers })
  return { ask, signedIn, add }
}
