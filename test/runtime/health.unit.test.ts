import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { createHealth, serveHealth } from '../../runtime/health.ts'
import { metrics } from '../../runtime/metrics.ts'

const up = async () => 1
const down = () => Promise.reject(new Error('away'))

describe('a process is ready', () => {
  it('while what it needs answers, whatever it can do without', async () => {
    const health = createHealth({ a: { check: up, needed: true }, b: { check: down, needed: false } })
    expect(await health.readiness()).toMatchObject({
      ...{ ready: true, leaving: false },
      dependencies: { a: { up: true, needed: true }, b: { up: false, needed: false } },
    })
  })

  it('no longer once what it needs is away, or does not answer in time', async () => {
    for (const check of [down, () => new Promise(() => {})])
      expect(
        await createHealth({ a: { check, needed: true } }, { patienceMs: 50 }).readiness(),
      ).toMatchObject({
        ready: false,
      })
  })

  it('no longer once it is about to stop, though all is well', async () => {
    const health = createHealth({ a: { check: up, needed: true } })
    health.leave()
    expect(await health.readiness()).toMatchObject({ ready: false, leaving: true })
  })

  it('by one look a moment, however many ask', async () => {
    let looks = 0
    const health = createHealth({ a: { check: async () => ++looks, needed: true } })
    await Promise.all(Array.from({ length: 50 }, () => health.readiness()))
    expect(looks).toBe(1)
  })
})

describe('the health port', () => {
  it('serves liveness, readiness and figures, and nothing else', async () => {
    const health = createHealth({ a: { check: up, needed: true } })
    const log = pino({ level: 'silent' })
    const server = await serveHealth({ HEALTH_PORT: 0, HEALTH_HOST: '127.0.0.1' }, { health, metrics, log })
    const get = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${server?.port}${path}`)
      return [answer.status, await answer.text()] as const
    }
    expect(await get('/healthz')).toEqual([200, '{"status":"alive"}'])
    expect(await get('/readyz')).toEqual([200, expect.stringContaining('"status":"ready"')])
    expect(await get('/metrics')).toEqual([
      200,
      expect.stringMatching(/^# HELP process_cpu[\s\S]*http_request_duration/m),
    ])
    expect((await get('/other'))[0]).toBe(404)
    health.leave()
    expect(await get('/readyz')).toEqual([503, expect.stringContaining('"status":"leaving"')])
    await server?.stop()
    await expect(get('/healthz')).rejects.toThrow()
  })

  it('is not there unless it is set', async () => {
    const health = createHealth({})
    const log = pino({ level: 'silent' })
    expect(await serveHealth({ HEALTH_HOST: '127.0.0.1' }, { health, metrics, log })).toBeUndefined()
  })
})
