import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { httpDuration, httpStreams } from '../runtime/metrics.ts'

export type RequestLog = {
  /**
   * Gives a request its id, and counts, times and logs it when its answer is written. The function that it
   * answers says that the answer is an event stream: how long that lasts is no measure of the API.
   */
  observe(request: IncomingMessage, response: ServerResponse): () => void
}

export type RequestLogOptions = {
  log: Logger
  /** Lines a second; of the other requests the number is logged. */
  perSecond: number
  /** The route that answers a method and path, as it was declared: without ids. */
  routeOf(method: string, path: string): string
  now?: () => number
}

const given = /^[\w.-]{1,64}$/

/**
 * One line a request: id, method, route, status, duration; no address, no query, nothing of a person. The id
 * is the client's own `X-Request-Id` where it has sent one, and goes back with the answer.
 */
export function createRequestLog({ log, perSecond, routeOf, now = Date.now }: RequestLogOptions): RequestLog {
  let second = 0
  let lines = 0
  let skipped = 0

  const write = (line: object): void => {
    const current = Math.floor(now() / 1000)
    if (current !== second) {
      if (skipped > 0) log.info({ skipped }, 'requests that were not logged')
      second = current
      lines = 0
      skipped = 0
    }
    lines += 1
    if (lines > perSecond) skipped += 1
    else log.info(line, 'request')
  }

  return {
    observe(request, response) {
      const began = performance.now()
      const sent = request.headers['x-request-id']
      const id = typeof sent === 'string' && given.test(sent) ? sent : randomUUID()
      response.setHeader('x-request-id', id)
      response.setHeader('x-content-type-options', 'nosniff')
      let stream = false
      const method = request.method ?? ''
      const path = (request.url ?? '').split('?', 1)[0] ?? ''
      response.once('close', () => {
        const ms = Math.round((performance.now() - began) * 10) / 10
        const route = routeOf(method, path)
        const status = response.headersSent ? response.statusCode : 499 // nginx's: the client went away.
        if (stream) httpStreams.dec()
        else httpDuration.labels(method, route, String(status)).observe(ms / 1000)
        write({ id, method, route, status, ms })
      })
      return () => {
        stream = true
        httpStreams.inc()
      }
    },
  }
}
