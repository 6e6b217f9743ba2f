import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { pino } from 'pino'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type HttpServer, type ServerOptions, startHttpServer } from '../../api/http-server.ts'
import { createRequestLog } from '../../api/request-log.ts'
import { figure } from '../support/figures.ts'

let server: HttpServer | undefined
const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await server?.close()
})

const logged: Record<string, unknown>[] = []
const log = pino({}, { write: (line: string) => logged.push(JSON.parse(line)) })
const start = async (
  fetch: ServerOptions['fetch'] = () => new Response('here'),
  more: Partial<ServerOptions> & { perSecond?: number; now?: () => number } = {},
) => {
  logged.length = 0
  const { perSecond = 100, now = Date.now, ...options } = more
  server = await startHttpServer({
    fetch,
    host: '127.0.0.1',
    port: 0,
    maxConnections: 100,
    requests: createRequestLog({ log, perSecond, now, routeOf: (_, path) => path.replace(/\/\d+/, '/:id') }),
    finishMs: 60_000,
    ...options,
  })
  return `http://127.0.0.1:${server.port}`
}
/** Sends these bytes, and answers all that comes until the connection ends. */
async function exchange(bytes: string): Promise<string> {
  const socket = connect(server?.port ?? 0, '127.0.0.1')
  sockets.push(socket)
  let got = ''
  socket.on('data', (data) => {
    got += data
  })
  socket.on('error', () => {})
  socket.write(bytes)
  await once(socket, 'close')
  return got
}
const problemIn = (answer: string) => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))

describe('a client that', () => {
  it('sends its headers or its body too slowly gets that answer, and its connection ends', async () => {
    await start(async (request) => new Response(await request.text()), {
      limits: { headersTimeout: 150, requestTimeout: 300, connectionsCheckingInterval: 50 },
    })
    for (const slow of [
      'GET / HTTP/1.1\r\nHost: a\r\nX-',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf',
    ]) {
      const answer = await exchange(slow)
      expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
      expect(problemIn(answer)).toMatchObject({ code: 'request_timeout', status: 408 })
    }
  })

  it('sends no HTTP, or too much of it, gets a problem like every other', async () => {
    await start()
    for (const [sent, status, code] of [
      ['nonsense\r\n\r\n', 400, 'bad_request'],
      [`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
      [
        'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
        400,
        'bad_request',
      ],
      ['GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n', 400, 'bad_request'],
    ] as const) {
      const answer = await exchange(sent)
      expect([sent.slice(0, 30), answer.split('\r\n')[0]]).toEqual([
        sent.slice(0, 30),
        expect.stringContaining(String(status)),
      ])
      expect(answer.toLowerCase()).toContain('content-type: application/problem+json')
      expect(problemIn(answer)).toMatchObject({ code, status })
    }
  })

  it('speaks HTTP/1.0 without a Host, as plain health checks do, is answered', async () => {
    await start()
    expect(await exchange('GET /healthz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 [\s\S]*here$/)
  })

  it('is one too many is not let in', async () => {
    const url = await start(undefined, { maxConnections: 2 })
    const held = [1, 2].map(() => connect(server?.port ?? 0, '127.0.0.1'))
    sockets.push(...held)
    await Promise.all(held.map((socket) => once(socket, 'connect')))
    await expect(fetch(url)).rejects.toThrow()
    held[0]?.destroy()
    await vi.waitFor(async () => expect((await fetch(url)).status).toBe(200), { timeout: 5000 })
  })
})

describe('a server that leaves', () => {
  it('sends event streams elsewhere at once, and finishes what is at work', async () => {
    let finish: (() => void) | undefined
    const url = await start((request) => {
      if (request.url.endsWith('/work'))
        return new Promise((resolve) => {
          finish = () => resolve(new Response('done'))
        })
      const body = new ReadableStream({
        start: (stream) => stream.enqueue(new TextEncoder().encode('event: ticket\ndata: 1\n\n')),
      })
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    })
    const stream = await fetch(`${url}/stream`)
    const work = fetch(`${url}/work`)
    await vi.waitFor(() => expect(finish).toBeDefined())
    const text = stream.text()
    server?.leave()
    expect(await text).toMatch(/^event: ticket\ndata: 1\n\nretry: \d{1,4}\n\n$/)
    const closed = server?.close()
    finish?.()
    const answer = await work
    expect([answer.status, await answer.text()]).toEqual([200, 'done'])
    await closed
    await expect(fetch(url)).rejects.toThrow()
  })
})

describe('a request', () => {
  it('has an id, the client’s own where it sent a good one, in the answer and in one line of the log', async () => {
    const url = await start()
    const sent = await fetch(`${url}/v1/orders/42?secret=1`, { headers: { 'x-request-id': 'abc-1' } })
    const bad = await fetch(url, { headers: { 'x-request-id': 'a b\u00e4'.repeat(30) } })
    expect(sent.headers.get('x-request-id')).toBe('abc-1')
    expect(bad.headers.get('x-request-id')).toMatch(/^[0-9a-f]{12}-\d+$/)
    expect(sent.headers.get('x-content-type-options')).toBe('nosniff')
    await vi.waitFor(() => expect(logged).toHaveLength(2))
    expect(logged[0]).toMatchObject({
      ...{ id: 'abc-1', method: 'GET', route: '/v1/orders/:id', status: 200, msg: 'request' },
      ms: expect.any(Number),
    })
    expect(JSON.stringify(logged)).not.toContain('secret')
    const another = await fetch(url)
    expect(another.headers.get('x-request-id')).not.toBe(bad.headers.get('x-request-id'))
  })

  it('is counted and timed by its route and status, and an event stream by being open', async () => {
    const body = () => new ReadableStream({ start: (stream) => stream.enqueue(new Uint8Array([10])) })
    const url = await start((request) =>
      request.url.endsWith('/stream')
        ? new Response(body(), { headers: { 'content-type': 'text/event-stream' } })
        : new Response('none', { status: 404 }),
    )
    const requests = () =>
      figure('http_request_duration_seconds_count{method="GET",route="/v1/counted/:id",status="404"}')
    for (const id of [1, 2]) await (await fetch(`${url}/v1/counted/${id}`)).text()
    await vi.waitFor(async () => expect(await requests()).toBe(2))

    const open = await figure('http_event_streams')
    const socket = connect(server?.port ?? 0, '127.0.0.1')
    socket.write('GET /stream HTTP/1.1\r\nHost: a\r\n\r\n')
    await once(socket, 'data')
    expect(await figure('http_event_streams')).toBe((open ?? 0) + 1)
    socket.destroy()
    await vi.waitFor(async () => expect(await figure('http_event_streams')).toBe(open))
  })

  it('whose client has gone before its event stream begins leaves none open', async () => {
    let asked = false
    let look: (() => void) | undefined
    const cancelled = vi.fn()
    const stream = new ReadableStream({ cancel: cancelled })
    await start(async () => {
      asked = true
      await new Promise<void>((resolve) => {
        look = resolve
      })
      return new Response(stream, { headers: { 'content-type': 'text/event-stream' } })
    })
    const open = await figure('http_event_streams')
    const socket = connect(server?.port ?? 0, '127.0.0.1')
    socket.write('GET /stream HTTP/1.1\r\nHost: a\r\n\r\n')
    await vi.waitFor(() => expect(asked).toBe(true))
    socket.destroy()
    await vi.waitFor(() => expect(logged).toHaveLength(1))
    expect(logged[0]).toMatchObject({ status: 499 })
    look?.()
    await vi.waitFor(() => expect(cancelled).toHaveBeenCalled())
    expect(await figure('http_event_streams')).toBe(open)
  })

  it('in a rush is counted instead of logged', async () => {
    let now = 1000
    const url = await start(undefined, { perSecond: 3, now: () => now })
    for (let n = 0; n < 10; n++) await (await fetch(url)).text()
    await vi.waitFor(() => expect(logged).toHaveLength(3))
    now += 1000
    await fetch(url)
    await vi.waitFor(() => expect(logged.map(({ skipped }) => skipped)).toContain(7))
    expect(logged).toHaveLength(5)
  })
})
