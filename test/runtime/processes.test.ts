import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import { freePort } from '../../local/servers/ports.ts'
import { serversFolder, startNode } from '../redis/gate/nodes.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { environmentOf, type Started, startProcess } from '../support/processes.ts'
import { type Door, doorTo } from '../support/proxy.ts'

let database: FreshDatabase
let environment: Record<string, string>
beforeAll(async () => {
  database = await freshDatabase()
  environment = await environmentOf(database.url)
  execFileSync(process.execPath, ['local/build.mjs', built], { cwd: root, stdio: 'inherit' })
}, 300_000)
afterAll(async () => {
  rmSync(join(root, built), { recursive: true, force: true })
  await database.drop()
})

const root = fileURLToPath(new URL('../..', import.meta.url))
/** What `npm run build` makes: production runs that. */
const built = `.floodgate/built-${process.pid}`

type Readiness = { status: number; dependencies: Record<string, { up: boolean }> }
type Process = Started & { ready(): Promise<Readiness | undefined> }

/** Starts a process with a health port, and ends it with the test. */
async function start(main: string, env: Record<string, string>): Promise<Process> {
  const [health, port] = [await freePort(), await freePort()]
  const started = startProcess(`${built}/${main}`, {
    ...environment,
    PORT: String(port),
    ...env,
    HEALTH_PORT: String(health),
  })
  onTestFinished(async () => {
    started.kill('SIGKILL')
    await started.ended
  })
  return {
    ...started,
    async ready() {
      const answer = await fetch(`http://127.0.0.1:${health}/readyz`).catch(() => undefined)
      if (answer === undefined) return undefined
      const { dependencies } = (await answer.json()) as Pick<Readiness, 'dependencies'>
      return { status: answer.status, dependencies }
    },
  }
}

type Server = 'postgresql' | 'redis' | 'gate' | 'temporal'

async function doors(): Promise<Record<Server, Door>> {
  const [redis, temporal] = [new URL(inject('redisUrl')).port, inject('temporalAddress').split(':').at(-1)]
  const all = {
    redis: await doorTo(Number(redis)),
    gate: await doorTo(Number(redis)),
    temporal: await doorTo(Number(temporal)),
    postgresql: await doorTo(Number(new URL(database.url).port)),
  }
  onTestFinished(async () => {
    for (const door of Object.values(all)) await door.close()
  })
  return all
}

const through = (to: Record<Server, Door>): Record<string, string> => {
  const url = new URL(database.url)
  url.host = `127.0.0.1:${to.postgresql.port}`
  return {
    DATABASE_URL: url.href,
    REDIS_URL: `redis://127.0.0.1:${to.redis.port}`,
    GATE_URL: `redis://127.0.0.1:${to.gate.port}`,
    TEMPORAL_ADDRESS: `127.0.0.1:${to.temporal.port}`,
  }
}

/** As docs/operations.md says it. */
const needs: Record<string, readonly Server[]> = {
  'api/main.js': ['postgresql'],
  'workers/main.js': ['postgresql', 'temporal'],
  'workers/consumer/main.js': ['postgresql', 'gate'],
  'workers/jobs/main.js': ['postgresql', 'temporal'],
}

it('each process is ready while it has what it needs, whatever else is away', {
  timeout: 180_000,
}, async () => {
  const servers = await doors()
  const processes = await Promise.all(
    Object.keys(needs).map(async (main) => ({ main, ...(await start(main, through(servers))) })),
  )
  const statuses = async (away?: Server) => {
    const looks = processes.map(async ({ main, ready }) => {
      const found = await ready()
      return [main, found?.status, ...(away ? [found?.dependencies[away]?.up] : [])]
    })
    return await Promise.all(looks)
  }
  const allReady = Object.keys(needs).map((main) => [main, 200])
  await expect.poll(() => statuses(), { timeout: 150_000 }).toEqual(allReady)
  for (const [server, door] of Object.entries(servers) as [Server, Door][]) {
    door.shut()
    const without = Object.entries(needs).map(([main, needed]) => [
      main,
      needed.includes(server) ? 503 : 200,
      false,
    ])
    await expect.poll(() => statuses(server), { timeout: 40_000 }).toEqual(without)
    door.open()
    await expect.poll(() => statuses(), { timeout: 60_000 }).toEqual(allReady)
  }
})

it('a process that gets SIGTERM is not ready at once, and still answers until its grace is over', {
  timeout: 150_000,
}, async () => {
  const port = String(await freePort())
  const api = await start('api/main.js', { PORT: port, STOP_GRACE_S: '3' })
  const products = () =>
    fetch(`http://127.0.0.1:${port}/v1/products`).then(
      ({ status }) => status,
      () => 'no answer',
    )
  const state = async () => [(await api.ready())?.status, await products()]
  await expect.poll(state, { timeout: 120_000 }).toEqual([200, 200])
  api.kill('SIGTERM')
  await expect.poll(state).toEqual([503, 200])
  expect(await api.ended).toEqual({ code: 0, signal: null })
  expect(await products()).toBe('no answer')
})

describe('a gate’s server that may evict keys', () => {
  it.each(['workers/consumer/main.js', 'api/main.js'])('keeps %s from starting', async (main) => {
    const folder = serversFolder()
    const node = await startNode(folder.path, 'evicting')
    onTestFinished(async () => {
      await node.stop()
      folder.remove()
    })
    await node.redis.config('SET', 'maxmemory-policy', 'volatile-lru')
    const started = await start(main, { GATE_URL: `redis://127.0.0.1:${node.port}` })
    expect(await started.ended).toEqual({ code: 1, signal: null })
    expect(started.said()).toMatch(/GATE_URL.*maxmemory-policy is volatile-lru.*noeviction/)
  })
})
