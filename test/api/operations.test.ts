import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHealth } from '../../runtime/health.ts'
import { type Harness, startHarness } from './harness.ts'

let harness: Harness
let postgres: () => Promise<unknown> = async () => 1
let redis: () => Promise<unknown> = async () => 'PONG'
beforeAll(async () => {
  harness = await startHarness({
    health: createHealth(
      {
        postgres: { check: () => postgres(), needed: true },
        redis: { check: () => redis(), needed: false },
      },
      { patienceMs: 200, keptMs: 0 },
    ),
  })
})
afterAll(() => harness.close())

const get = async (path: string) => {
  const answer = await fetch(harness.url + path)
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    headers: answer.headers,
    text: await answer.text(),
  }
}

describe('/healthz and /readyz', () => {
  it('say that the process answers, and each dependency with its latency', async () => {
    expect(JSON.parse((await get('/healthz')).text)).toEqual({ status: 'alive' })
    const { status, text } = await get('/readyz')
    expect(status).toBe(200)
    const up = { up: true, latencyMs: expect.any(Number) }
    expect(JSON.parse(text)).toEqual({
      status: 'ready',
      dependencies: { postgres: { ...up, needed: true }, redis: { ...up, needed: false } },
    })
  })

  it('say which dependency is down, also when it just does not answer', async () => {
    for (const down of [() => Promise.reject(new Error('gone')), () => new Promise(() => {})]) {
      postgres = down
      const { status, type, text } = await get('/readyz')
      expect([status, type]).toEqual([503, 'application/problem+json'])
      expect(JSON.parse(text)).toMatchObject({
        code: 'not_ready',
        dependencies: { postgres: { up: false }, redis: { up: true } },
      })
      expect((await get('/healthz')).status).toBe(200)
    }
    postgres = async () => 1
  })

  it('keep sending requests to a process that lacks only what it can do without', async () => {
    redis = () => Promise.reject(new Error('gone'))
    const { status, text } = await get('/readyz')
    expect([status, JSON.parse(text).dependencies.redis]).toEqual([
      200,
      expect.objectContaining({ up: false }),
    ])
  })
})

describe('/openapi.json', () => {
  it('describes every route of the API', async () => {
    const document = JSON.parse((await get('/openapi.json')).text)
    expect(document.openapi).toBe('3.1.0')
    expect(Object.keys(document.paths).sort()).toEqual([
      '/healthz',
      '/readyz',
      '/v1/addresses',
      '/v1/addresses/{id}',
      '/v1/cart',
      '/v1/cart/lines',
      '/v1/cart/lines/{sku}',
      '/v1/ops/event-streams',
      '/v1/ops/orders/{id}/refunds',
      '/v1/ops/refunds/{number}/paid-by-hand',
      '/v1/ops/refunds/{number}/reissue',
      '/v1/ops/sessions',
      '/v1/ops/sessions/{session}',
      '/v1/ops/sessions/{session}/captcha',
      '/v1/ops/sessions/{session}/end',
      '/v1/ops/sessions/{session}/offers',
      '/v1/ops/sessions/{session}/offers/{sku}',
      '/v1/ops/sessions/{session}/offers/{sku}/pause',
      '/v1/ops/sessions/{session}/offers/{sku}/resume',
      '/v1/ops/sessions/{session}/offers/{sku}/shed',
      '/v1/ops/sessions/{session}/pause',
      '/v1/ops/sessions/{session}/report',
      '/v1/ops/sessions/{session}/resume',
      '/v1/ops/sessions/{session}/shed',
      '/v1/orders',
      '/v1/orders/{id}',
      '/v1/orders/{id}/cancel',
      '/v1/orders/{id}/payments',
      '/v1/products',
      '/v1/products/{id}',
      '/v1/quotes',
      '/v1/seckill/sessions',
      '/v1/seckill/sessions/{session}/offers/{sku}',
      '/v1/seckill/sessions/{session}/offers/{sku}/tickets',
      '/v1/seckill/sessions/{session}/offers/{sku}/tickets/mine',
      '/v1/seckill/sessions/{session}/offers/{sku}/tickets/mine/events',
      '/v1/seckill/sessions/{session}/offers/{sku}/token',
    ])
    const body = document.components.schemas.Placement
    expect(body.additionalProperties).toBe(false)
    expect(body.required).toEqual(['quoteToken', 'addressId', 'payment'])
  })
})

describe('/docs', () => {
  it('comes from our own origin alone', async () => {
    const page = await get('/docs')
    expect(page.status).toBe(200)
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'")
    expect(page.text).not.toMatch(/https?:\/\//)
    const sources = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => String(source))
    expect(sources).toHaveLength(4)
    for (const source of sources) expect([source, (await get(source)).status]).toEqual([source, 200])
  })

  it('is compressed, kept by browsers, and not sent again to who has it', async () => {
    for (const path of ['/docs', '/docs/swagger-ui-bundle.js', '/openapi.json']) {
      const first = await fetch(harness.url + path, { headers: { 'accept-encoding': 'gzip' } })
      expect([path, first.status, first.headers.get('content-encoding')]).toEqual([path, 200, 'gzip'])
      expect(first.headers.get('cache-control')).toBe('public, max-age=3600')
      const plain = await fetch(harness.url + path, { headers: { 'accept-encoding': 'identity' } })
      expect(plain.headers.get('content-encoding')).toBeNull()
      expect(await plain.text()).toBe(await first.text())
      const etag = String(first.headers.get('etag'))
      const again = await fetch(harness.url + path, { headers: { 'if-none-match': etag } })
      expect([again.status, await again.text()]).toEqual([304, ''])
      const other = await fetch(harness.url + path, { headers: { 'if-none-match': '"x"' } })
      expect(other.status).toBe(200)
    }
  })

  it('serves nothing else of the package', async () => {
    for (const path of ['/docs/package.json', '/docs/..%2f..%2fpackage.json', '/docs/constructor'])
      expect((await get(path)).status).toBe(404)
  })
})
