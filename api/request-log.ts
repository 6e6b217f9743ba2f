import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { httpDuration, httpStreams } from '../runtime/metrics.ts'

/** A request at work. */
type ObservedRequest = { id: string; began: number; method: string; url: string }

export type RequestLog = {
  /** Gives a request its id, and notes when it came. */
  begin(request: IncomingMessage): ObservedRequest
  /** An answer turned out to be an event stream: how long it lasts is no measure of the API. */
  streamBegins(): void
  /** Counts, times and logs a request: its answer is written, or the client is gone. */
  end(observed: ObservedRequest, ended: { response: ServerResponse; wasStream: boolean }): void
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
  const nextId = requestIds()
  const seriesOf = createSeries(routeOf)

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
    begin({ headers, method = '', url = '' }) {
      const sent = headers['x-request-id']
      const id = typeof sent === 'string' && given.test(sent) ? sent : nextId()
      return { id, began: performance.now(), method, url }
    },
    streamBegins: () => httpStreams.inc(),
    end({ id, began, method, url }, { response, wasStream }) {
      const ms = Math.round((performance.now() - began) * 10) / 10
      const status = response.headersSent ? response.statusCode : 499 // nginx's: the client went away.
      const { route, duration } = seriesOf(method, url, status)
      if (wasStream) httpStreams.dec()
      else duration.observe(ms / 1000)
      write({ id, method, route, status, ms })
    },
  }
}

/** Unique among all processes, and cheaper than a UUID: a text of this process's, and a number. */
function requestIds(): () => string {
  const process = randomBytes(6).toString('hex')
  let last = 0
  return () => `${process}-${++last}`
}

const kept = 1000

/**
 * The route of a request and its series: to find both costs more than to observe, and in a rush all ask for
 * one.
 */
function createSeries(routeOf: RequestLogOptions['routeOf']) {
  const known = new Map<string, Series>()
  return (method: string, url: string, status: number): Series => {
    const [path = ''] = url.split('?', 1)
    const key = `${method} ${status} ${path}`
    const before = known.get(key)
    if (before) return before
    const route = routeOf(method, path)
    const series = { route, duration: httpDuration.labels(method, route, String(status)) }
    if (known.size >= kept) known.clear()
    known.set(key, series)
    return series
  }
}
type Series = { route: string; duration: ReturnType<typeof httpDuration.labels> }
