import type { Socket } from 'node:net'
import { RequestError } from '@hono/node-server'
import { problemParts } from './problem.ts'

/** What Node's parser and time-outs say: https://nodejs.org/api/errors.html, and llhttp's codes `HPE_…`. */
const codeOf = (error: NodeJS.ErrnoException) => {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request_timeout'
  return error.code === 'HPE_HEADER_OVERFLOW' ? 'headers_too_large' : 'bad_request'
}

/**
 * Answers what is no HTTP, too slow or too large as the API answers everything: with a problem. Then the
 * connection ends.
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const { status, headers, body } = problemParts(codeOf(error), 'en')
  const lines = Object.entries({ ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' })
  socket.end(
    `HTTP/1.1 ${status} ${titles[status] ?? ''}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
  )
}

const titles: Record<number, string> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
}

/** Answers a request that cannot be read: a host or a target that is none. */
export function unreadable(error: unknown): Response {
  const code = error instanceof RequestError ? 'bad_request' : 'fault'
  const { status, headers, body } = problemParts(code, 'en')
  return new Response(body, { status, headers })
}
