import { Agent, request } from 'node:http'

export type Answer = { status: number; body: Record<string, unknown>; ms: number }

/**
 * A browser for thousands: connections that stay open, nothing that a benchmark would measure instead of the
 * server.
 */
export function createBrowser(url: string, width: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: width, scheduling: 'fifo' })
  const { hostname, port } = new URL(url)
  return {
    /**
     * One request as JSON; rejects when the connection fails. `ms`: from asking until the whole answer is
     * there, waiting for a connection included.
     */
    ask(
      method: 'GET' | 'POST',
      path: string,
      { headers = {}, json }: { headers?: Record<string, string>; json?: object } = {},
    ): Promise<Answer> {
      const body = json === undefined ? undefined : JSON.stringify(json)
      const began = performance.now()
      return new Promise((resolve, reject) => {
        const sent = request({
          ...{ agent, hostname, port, method, path },
          headers: {
            ...headers,
            ...(body === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
          },
        })
        sent.on('response', (response) => {
          let text = ''
          response.setEncoding('utf8')
          response.on('data', (chunk: string) => {
            text += chunk
          })
          response.on('error', reject)
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: parsed(text), ms: performance.now() - began }),
          )
        })
        sent.on('error', reject)
        sent.end(body)
      })
    },
    close: () => agent.destroy(),
  }
}
export type Browser = ReturnType<typeof createBrowser>

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown> // The API answers objects.
  } catch {
    return {}
  }
}
