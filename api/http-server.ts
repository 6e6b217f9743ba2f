import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { answerClientError, unreadable } from './http/errors/client-error.ts'
import type { RequestLog } from './request-log.ts'

export type ServerOptions = {
  fetch: (request: Request, env: object) => Response | Promise<Response>
  host: string
  port: number
  maxConnections: number
  requests: RequestLog
  /** How long requests at work have once the server closes, ms. */
  finishMs?: number
  limits?: Partial<Limits>
}

/** How long a client may take, ms, before its connection is closed with 408. */
type Limits = { headersTimeout: number; requestTimeout: number; connectionsCheckingInterval: number }

/** A slow client holds a connection for half a minute at the most; an answer may take as long as it likes. */
const usual: Limits = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 2000 }

/**
 * Longer than proxies and providers keep theirs idle (a minute is usual): a request meets no connection that
 * just closed.
 */
const keepAliveTimeout = 75_000
/** A stream that has to come back elsewhere does so within this, each at its own time, ms. */
const comeBackMs = 5000

export type HttpServer = {
  port: number
  /**
   * Ends every connection after its answer, and every event stream with a hint to come back: elsewhere, by
   * then.
   */
  leave(): void
  /** Takes nothing new, and lets what is at work finish. */
  close(): Promise<void>
}

/**
 * Serves HTTP with bounds on slow clients and on connections; what Node itself would refuse without a body is
 * answered like everything else. https://nodejs.org/api/http.html#serverrequesttimeout
 */
export async function startHttpServer(options: ServerOptions): Promise<HttpServer> {
  const { fetch, requests, finishMs = 10_000 } = options
  const listener = getRequestListener(fetch, { hostname: 'localhost', errorHandler: unreadable })
  const streams = new Set<ServerResponse>()
  let leaving = false
  const server = createServer(
    { ...usual, ...options.limits, keepAliveTimeout, requireHostHeader: false },
    (request: IncomingMessage, response: ServerResponse) => {
      if (leaving) response.setHeader('connection', 'close')
      response.once('finish', () => {
        if (leaving) request.socket.end() // Also where the answer's head said otherwise, before.
      })
      const observeStream = requests.observe(request, response)
      onEventStream(response, () => {
        observeStream()
        streams.add(response)
        response.once('close', () => streams.delete(response))
      })
      void listener(request, response)
    },
  )
  server.maxConnections = options.maxConnections
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => answerClientError(error, socket))
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(options.port, options.host, resolve),
  )
  const { port } = server.address() as AddressInfo // It listens on TCP, so it has an address with a port.
  return {
    port,
    leave() {
      leaving = true
      for (const stream of streams) sendElsewhere(stream)
    },
    close: () => close(server, finishMs),
  }
}

/** Calls `begin` when the head of an event stream is written; the listener writes it in one call. */
function onEventStream(response: ServerResponse, begin: () => void): void {
  const writeHead = response.writeHead.bind(response)
  response.writeHead = ((...given: Parameters<typeof writeHead>) => {
    const written = writeHead(...given)
    if (headerIn(given).startsWith('text/event-stream')) begin()
    return written
  }) as typeof response.writeHead // One signature of its several.
}

function headerIn(given: readonly unknown[]): string {
  const headers = given.find((one) => typeof one === 'object' && one !== null)
  return String((headers as Record<string, unknown> | undefined)?.['content-type'] ?? '')
}

/**
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation, field `retry`
 */
function sendElsewhere(stream: ServerResponse): void {
  stream.end(`retry: ${Math.round(Math.random() * comeBackMs)}\n\n`)
}

/** Idle connections end at once; those at work when their answer is written, or after `finishMs`. */
function close(server: Server, finishMs: number): Promise<void> {
  return new Promise((resolve) => {
    const patience = setTimeout(() => server.closeAllConnections(), finishMs)
    server.close(() => {
      clearTimeout(patience)
      resolve()
    })
    server.closeIdleConnections()
  })
}
