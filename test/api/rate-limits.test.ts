import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { trustedProxies } from '../../api/client-address.ts'
import { rateLimits } from '../../api/rate-limits.ts'
import { createRateWindows } from '../../redis/rate-windows.ts'
import { type Harness, startHarness } from './harness.ts'

let harness: Harness
let now = 0
beforeAll(async () => {
  harness = await startHarness(({ redis }) => ({
    rateLimiting: {
      windows: createRateWindows(redis, 60_000),
      factor: 0.1,
      now: () => now,
    },
    trustedProxies: trustedProxies('127.0.0.1'),
  }))
})
afterAll(() => harness.close())
beforeEach(() => {
  now = Math.floor(Math.random() * 1e9) * 60_000 // A window of its own.
})

const get = (address: string, token?: string, path = '/v1/addresses') =>
  fetch(harness.url + path, {
    headers: { 'x-forwarded-for': address, ...(token && { authorization: `Bearer ${token}` }) },
  })
const statuses = async (times: number, ask: () => Promise<Response>) => {
  const seen: number[] = []
  for (let n = 0; n < times; n++) seen.push((await ask()).status)
  return seen
}

it('bounds a buyer’s requests a minute, and says how many are left and when to come again', async () => {
  const { token } = await harness.newBuyer()
  const first = await get('192.0.2.1', token)
  expect([first.headers.get('ratelimit-limit'), first.headers.get('ratelimit-remaining')]).toEqual([
    '60',
    '59',
  ])
  expect((await statuses(59, () => get('192.0.2.1', token))).every((status) => status === 200)).toBe(true)
  const refused = await get('192.0.2.1', token)
  expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([429, 'rate_limited'])
  const retryAfter = Number(refused.headers.get('retry-after')) // A whole window, and what is added to it.
  expect(retryAfter).toBeGreaterThanOrEqual(60)
  expect(retryAfter).toBeLessThanOrEqual(65)
  expect(refused.headers.get('ratelimit-reset')).toBe('60')
})

it('never has a buyer’s refusals cost the neighbours behind the same address, signed in or not', async () => {
  const [abuser, neighbour] = await Promise.all([harness.newBuyer(), harness.newBuyer()])
  const seen = await statuses(100, () => get('192.0.2.2', abuser.token))
  expect(seen.filter((status) => status === 429)).toHaveLength(40)
  expect((await get('192.0.2.2', neighbour.token)).status).toBe(200)
  expect((await get('192.0.2.2', undefined, '/v1/products')).status).toBe(200)
})

it('counts who is not signed in by their address, and a token that is not good as nobody’s', async () => {
  const seen = await statuses(121, () => get('192.0.2.3', 'made.up.token'))
  expect(seen.slice(-2)).toEqual([401, 429])
  expect((await get('192.0.2.3', undefined, '/v1/products')).status).toBe(429)
  expect((await get('192.0.2.4', undefined, '/v1/products')).status).toBe(200)
})

it('slides: where two minutes meet there is no room for twice the limit', async () => {
  const { token } = await harness.newBuyer()
  await statuses(60, () => get('192.0.2.5', token))
  now += 60_000 // The next window, right at its beginning.
  expect((await get('192.0.2.5', token)).status).toBe(429)
  now += 45_000 // A quarter of the last window still reaches into this one.
  expect((await get('192.0.2.5', token)).status).toBe(200)
})

it('goes on in memory while Redis is away', async () => {
  const { token } = await harness.newBuyer()
  harness.redis.disconnect()
  try {
    const seen = await statuses(61, () => get('192.0.2.6', token))
    expect([seen[0], seen.at(-1)]).toEqual([200, 429])
  } finally {
    await harness.redis.connect()
  }
})

it('has a line for every route under /v1, whatever its method', () => {
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
    expect(
      rateLimits.some(({ methods, path }) => methods.includes(method) && path.test('/v1/anything')),
    ).toBe(true)
})
