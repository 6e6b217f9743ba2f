import { connect } from 'node:net'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { onError } from '../../api/http/errors/problem.ts'
import { jsonBodies, readJson, smallBodies } from '../../api/http/middleware/body.ts'

type Line = { level: number; msg: string }
const lines: Line[] = []
const log = pino({ level: 'debug' }, { write: (line: string) => lines.push(JSON.parse(line)) })
const app = new Hono()
app.onError(onError(log))
app.post('/joins', async (c) => c.json(await readJson(c)))
app.use(smallBodies)
app.post('/notifications', async (c) => c.text(await c.req.text()))
app.use(jsonBodies)
app.post('/faults', () => {
  throw new Error('ours')
})

let server: ReturnType<typeof serve>
beforeAll(async () => {
  server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
  await new Promise<void>((resolve) => server.once('listening', resolve))
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

/** Sends the head of a request and the start of its body, and goes away. */
function leave(path: string, framing: string): Promise<void> {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return new Promise((resolve, reject) => {
    const socket = connect(address.port, '127.0.0.1').on('error', reject)
    const head = `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${framing}\r\n\r\n`
    socket.write(head, () => {
      setImmediate(() => socket.destroy())
      resolve()
    })
  })
}

describe('a client that goes away in the middle of its body', () => {
  it.each([
    ['/joins', 'content-length: 100'],
    ['/joins', 'transfer-encoding: chunked'],
    ['/notifications', 'content-length: 100'],
    ['/notifications', 'transfer-encoding: chunked'],
  ])('is no error of ours: %s, %s', async (path, framing) => {
    lines.length = 0
    await leave(path, framing)
    await vi.waitFor(() => expect(lines).not.toEqual([]), { timeout: 10_000 })
    expect(lines).toMatchObject([{ level: 20, msg: 'a client went away' }])
  })

  it('does not hide a fault', async () => {
    lines.length = 0
    const address = server.address() as { port: number } // It listens on TCP.
    const answer = await fetch(`http://127.0.0.1:${address.port}/faults`, { method: 'POST' })
    expect(answer.status).toBe(500)
    expect(lines).toMatchObject([{ level: 50, msg: 'a request failed' }])
  })
})
