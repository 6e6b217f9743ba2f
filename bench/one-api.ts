import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { migrate } from '../db/migrate.ts'
import { startChild } from '../local/children/child.ts'
import { appEnvironment } from '../local/environment.ts'
import { type Keys, keysOf } from '../local/keys.ts'
import { freePort } from '../local/servers/ports.ts'
import { type Servers, startServers } from '../local/servers/start.ts'
import { endLeftovers, removeState } from '../local/state.mjs'
import { type Container, openContainer } from '../runtime/container.ts'
import { consumerVariables, readEnv } from '../runtime/environment.ts'
import type { FromCannon, Shot, ToCannon } from './cannon.ts'
import { measuring } from './cpu.ts'
import { say } from './figures.ts'
import { fork } from './harness.ts'

/** How fast the shots were answered, how long each took (ms), and what one cost who answered (CPU μs). */
type Fired = Extract<FromCannon, { perS: number }> & { cpuUs: number }

/**
 * One API process as an operator runs it, over servers of its own, and a bare process of the same settings
 * beside it.
 */
export type OneApi = {
  stateDir: string
  servers: Servers
  keys: Keys
  container: Container
  /** Where the API and the bare process listen. */
  url: string
  bareUrl: string
  apiPid: number
  /**
   * Fires each shot once from a process of its own. Throws when one is answered otherwise than with this
   * status.
   */
  fire(to: string, load: { shots: Shot[]; status: string; connections: number }): Promise<Fired>
  close(): Promise<void>
}

/**
 * Starts them in a state folder of their own. `floor` is the bare process's script; it sends its port when it
 * serves.
 */
export async function startOneApi(floor: string, app: Record<string, string>): Promise<OneApi> {
  const stateDir = fileURLToPath(new URL('../.floodgate/bench', import.meta.url))
  await endLeftovers(stateDir)
  removeState(stateDir)
  say('starting the servers and one API')
  const servers = await startServers({ stateDir, usualPorts: false })
  const keys = await keysOf(stateDir)
  await migrate(servers.databaseUrl)
  const appPort = await freePort()
  const environment = {
    ...appEnvironment({ servers, appPort, sandboxPort: 0 }, keys),
    LOG_LEVEL: 'warn',
    HOST: '127.0.0.1',
    ...app,
  }
  const url = `http://127.0.0.1:${appPort}`
  const container = await openContainer(readEnv(consumerVariables, environment))
  const api = await startChild({
    ...{ name: 'api', command: process.execPath, stateDir, env: environment },
    args: [
      '--max-semi-space-size=32',
      '--import',
      'tsx',
      fileURLToPath(new URL('../api/main.ts', import.meta.url)),
    ],
    ready: async () => (await fetch(`${url}/readyz`)).ok,
  })
  const [bare, barePort] = await startBare(floor, environment)
  const cannon = await fork('./cannon.ts', {})
  return {
    ...{ stateDir, servers, keys, container, url, bareUrl: `http://127.0.0.1:${barePort}` },
    apiPid: api.pid,
    async fire(to, { shots, status, connections }) {
      const { result: fired, cpuMs } = await measuring(
        { it: to === url ? api.pid : (bare.pid ?? 0) },
        async () => {
          cannon.send({ url: to, connections, shots } satisfies ToCannon)
          return ((await once(cannon, 'message')) as [FromCannon])[0]
        },
      )
      if ('ready' in fired) throw new Error('the load process started twice')
      const { tookMs: _, ...summary } = fired
      if (fired.errors > 0 || Object.keys(fired.statuses).some((other) => other !== status))
        throw new Error(`answers: ${JSON.stringify(summary)}`)
      return { ...fired, cpuUs: ((cpuMs.it ?? 0) * 1000) / shots.length }
    },
    async close() {
      cannon.disconnect()
      bare.kill('SIGTERM')
      await api.stop()
      await container.close()
      await servers.stop()
      removeState(stateDir)
    },
  }
}

async function startBare(
  floor: string,
  environment: Record<string, string>,
): Promise<[ChildProcess, number]> {
  const script = fileURLToPath(new URL(floor, import.meta.url))
  const bare = spawn(process.execPath, ['--max-semi-space-size=32', '--import', 'tsx', script], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const [{ port }] = (await once(bare, 'message')) as [{ port: number }]
  return [bare, port]
}

/** Both sides take turns, so that what else happens on the machine meets both. */
const turns = 3
type Fire = (shots: Shot[]) => Promise<Pick<Fired, 'perS' | 'cpuUs'>>
type Side = { perS: number; cpuUs: number }

/** The same shots at both, a part at a time: what each does in a second, and what one answer costs it. */
export async function inTurns(shots: Shot[], ours: Fire, bare: Fire): Promise<[Side, Side]> {
  const sides = [ours, bare].map((fire) => ({ fire, seconds: 0, cpuUs: 0 }))
  const size = shots.length / turns
  for (let i = 0; i < shots.length; i += size) {
    const some = shots.slice(i, i + size)
    for (const side of sides) {
      const { perS, cpuUs } = await side.fire(some)
      side.seconds += some.length / perS
      side.cpuUs += (cpuUs * some.length) / shots.length
    }
  }
  const [first, second] = sides.map(({ seconds, cpuUs }) => ({ perS: shots.length / seconds, cpuUs }))
  if (!first || !second) throw new Error('there are two sides')
  return [first, second]
}
