import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  ServerResponse,
} from 'node:http'
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
  const writeHead = headWriter((response) => {
    if (response.closed) return // Its client has gone before: nothing would end it.
    streams.add(response)
    requests.streamBegins()
  })
  let leaving = false
  const server = createServer(
    { ...usual, ...options.limits, keepAliveTimeout, requireHostHeader: false },
    (request: IncomingMessage, answer: ServerResponse) => {
      if (leaving) answer.setHeader('connection', 'close')
      const observed = requests.begin(request)
      answer.writeHead = writeHead
      const response = answer as ObservedResponse // The next line makes it one.
      response.requestId = observed.id
      response.on('close', () => {
        requests.end(observed, { response, wasStream: streams.delete(response) })
        if (leaving) request.socket.end() // Also where the answer's head said otherwise, before.
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

type ObservedResponse = ServerResponse & { requestId: string }

/**
 * Writes the head of every answer, with what all of them carry; `onStream` is called for event
 * streams. One function for all, and no header set before: each of the two costs every request.
 */
function headWriter(onStream: (response: ServerResponse) => void): ServerResponse['writeHead'] {
  const { writeHead } = ServerResponse.prototype as { writeHead: HeadWriter }
  function withOurs(this: ObservedResponse, status: number, headers?: OutgoingHttpHeaders) {
    const ours = { 'x-request-id': this.requestId, 'x-content-type-options': 'nosniff' }
    writeHead.call(this, status, { ...headers, ...ours })
    if (String(headers?.['content-type']).startsWith('text/event-stream')) onStream(this)
    return this
  }
  return withOurs as ServerResponse['writeHead'] // Node and the listener use this signature of its several.
}
type HeadWriter = (this: ServerResponse, status: number, headers: OutgoingHttpHeaders) => void

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
