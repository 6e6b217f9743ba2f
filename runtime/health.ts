import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import type { Metrics } from './metrics.ts'

/** Asks one dependency for a sign of life; rejects when there is none. */
export type Check = () => Promise<unknown>

/** What a process may ask. `ids`: whether it can make ids, with its leased number. */
export type DependencyName = 'postgresql' | 'redis' | 'gate' | 'temporal' | 'ids'

/**
 * `needed`: without it this process does no work at all. What is not needed is shown, and turns nothing red.
 */
export type Checks = Readonly<Record<string, { check: Check; needed: boolean }>>

type Dependency = { up: boolean; needed: boolean; latencyMs: number }
type Readiness = {
  /** Whether to send this process work. */
  ready: boolean
  /** It is about to stop. */
  leaving: boolean
  dependencies: Record<string, Dependency>
}

export type Health = {
  /** Looks, or gives what was seen less than a second ago: health checks of many balancers cost one look. */
  readiness(): Promise<Readiness>
  /** From now on not ready: the process stops in a moment. */
  leave(): void
}

/** The health of a process: what it needs, asked in parallel, each for two seconds at the most. */
export function createHealth(checks: Checks, { patienceMs = 2000, keptMs = 1000 } = {}): Health {
  let leaving = false
  let seen: { at: number; dependencies: Promise<Record<string, Dependency>> } | undefined

  const look = async (): Promise<Record<string, Dependency>> => {
    const looked = await Promise.all(
      Object.entries(checks).map(
        async ([name, { check, needed }]) => [name, { ...(await tried(check, patienceMs)), needed }] as const,
      ),
    )
    return Object.fromEntries(looked)
  }
  return {
    async readiness() {
      if (seen === undefined || performance.now() - seen.at > keptMs)
        seen = { at: performance.now(), dependencies: look() }
      const dependencies = await seen.dependencies
      const missing = Object.values(dependencies).some(({ up, needed }) => needed && !up)
      return { ready: !leaving && !missing, leaving, dependencies }
    },
    leave() {
      leaving = true
    },
  }
}

async function tried(check: Check, patienceMs: number): Promise<{ up: boolean; latencyMs: number }> {
  const began = performance.now()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, patienceMs, false)
  })
  const answered = check().then(
    () => true,
    () => false,
  )
  const up = await Promise.race([answered, late])
  clearTimeout(timer)
  return { up, latencyMs: Math.round((performance.now() - began) * 10) / 10 }
}

export type HealthServer = { port: number; stop(): Promise<void> }

/**
 * Serves `/healthz` (the process answers), `/readyz` (send it work; 503 otherwise) and `/metrics` (for
 * Prometheus) on `HEALTH_PORT`, if that is set: for processes without another port, and for figures that are
 * not the public's.
 */
export async function serveHealth(
  { HEALTH_PORT, HEALTH_HOST }: { HEALTH_PORT?: number | undefined; HEALTH_HOST: string },
  { health, metrics, log }: { health: Health; metrics: Metrics; log: Logger },
): Promise<HealthServer | undefined> {
  if (HEALTH_PORT === undefined) return undefined
  const answer = async (path: string): Promise<[number, string, string]> => {
    if (path === '/healthz') return [200, 'application/json', '{"status":"alive"}']
    if (path === '/metrics') return [200, metrics.contentType, await metrics.text()]
    if (path !== '/readyz') return [404, 'text/plain', 'not found']
    const { ready, leaving, dependencies } = await health.readiness()
    const status = ready ? 'ready' : leaving ? 'leaving' : 'not_ready'
    return [ready ? 200 : 503, 'application/json', JSON.stringify({ status, dependencies })]
  }
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5000 }, (request, response) => {
    answer(request.url?.split('?')[0] ?? '')
      .then(([status, type, body]) => response.writeHead(status, { 'content-type': type }).end(body))
      .catch((error) => {
        log.error({ error }, 'the figures of this process could not be collected')
        response.writeHead(500).end()
      })
  })
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(HEALTH_PORT, HEALTH_HOST, resolve),
  )
  const { port } = server.address() as AddressInfo // It listens on TCP.
  return {
    port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
