import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { Hono } from 'hono'
import { afterEach, expect, it, vi } from 'vitest'
import { sharedBody } from '../../api/http/shared-body.ts'

afterEach(() => void vi.useRealTimers())

const json = { contentType: 'application/json', headers: { 'cache-control': 'public, max-age=1' } }
/** A route with a body that changes when the test says so, and how often it was made. */
function route(forMs?: number) {
  const said = { text: JSON.stringify({ what: 'x'.repeat(5000) }), times: 0 }
  const make = async () => {
    said.times++
    return said.text
  }
  const app = new Hono().get('/', sharedBody(make, { ...json, ...(forMs === undefined ? {} : { forMs }) }))
  const ask = async (headers: Record<string, string> = {}) => {
    const answer = await app.request('/', { headers })
    return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) }
  }
  return { said, ask }
}

it('is made once for all who ask at a time, and in the encoding that each takes', async () => {
  const { said, ask } = route()
  const [plain, gzipped, brotli] = await Promise.all([
    ask(),
    ask({ 'accept-encoding': 'gzip' }),
    ask({ 'accept-encoding': 'gzip, br' }),
  ])
  expect(said.times).toBe(1)
  expect(plain.bytes.toString()).toBe(said.text)
  expect(gunzipSync(gzipped.bytes).toString()).toBe(said.text)
  expect(brotliDecompressSync(brotli.bytes).toString()).toBe(said.text)
  expect([plain, gzipped, brotli].map((one) => one.headers.get('content-encoding'))).toEqual([
    null,
    'gzip',
    'br',
  ])
  expect(new Set([plain, gzipped, brotli].map((one) => one.headers.get('vary')))).toEqual(
    new Set(['Accept-Encoding']),
  )
  expect(brotli.bytes.length).toBeLessThan(500)
})

it('is 304 for who has it, whatever else that client has', async () => {
  const { ask } = route()
  const tag = (await ask()).headers.get('etag') ?? ''
  for (const has of [tag, tag.replace('W/', ''), `"other", ${tag}`, '*']) {
    const { status, bytes, headers } = await ask({ 'if-none-match': has })
    expect([status, bytes.length, headers.get('etag')]).toEqual([304, 0, tag])
    expect(headers.get('cache-control')).toBe('public, max-age=1')
  }
  expect((await ask({ 'if-none-match': '"other"' })).status).toBe(200)
})

it('is made anew after its time, and keeps its tag while it says the same', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { said, ask } = route(1000)
  const tag = (await ask()).headers.get('etag') ?? ''
  vi.advanceTimersByTime(999)
  await ask()
  expect(said.times).toBe(1)
  vi.advanceTimersByTime(1)
  expect((await ask({ 'if-none-match': tag })).status).toBe(304)
  expect(said.times).toBe(2)
  said.text = '{"what":"else"}'
  vi.advanceTimersByTime(1000)
  const changed = await ask({ 'if-none-match': tag, 'accept-encoding': 'gzip' })
  expect([changed.status, gunzipSync(changed.bytes).toString()]).toEqual([200, said.text])
})

it('is asked for again when it could not be made', async () => {
  let broken = true
  const app = new Hono()
    .onError((_, c) => c.text('fault', 500))
    .get(
      '/',
      sharedBody(async () => (broken ? Promise.reject(new Error('PostgreSQL is away')) : '{}'), json),
    )
  expect((await app.request('/')).status).toBe(500)
  broken = false
  expect((await app.request('/')).status).toBe(200)
})
