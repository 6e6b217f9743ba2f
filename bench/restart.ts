import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { migrate } from '../db/migrate.ts'
import { type Child, startChild } from '../local/children/child.ts'
import { appEnvironment } from '../local/environment.ts'
import { keysOf } from '../local/keys.ts'
import { freePort } from '../local/servers/ports.ts'
import { startServers } from '../local/servers/start.ts'
import { endLeftovers, removeState } from '../local/state.mjs'
import { type Figure, say } from './figures.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const processes = {
  api: 'api/main.js',
  worker: 'workers/main.js',
  consumer: 'workers/consumer/main.js',
  jobs: 'workers/jobs/main.js',
}

/** Seconds from the start of each process, built by `npm run build`, until it is ready, after a SIGKILL. */
export async function benchRestart(rounds: number): Promise<Figure[]> {
  const stateDir = `${root}.floodgate/bench`
  await endLeftovers(stateDir)
  removeState(stateDir)
  const built = '.floodgate/bench-built'
  say('building, and starting the servers')
  execFileSync(process.execPath, ['local/build.mjs', built], { cwd: root, stdio: 'inherit' })
  const servers = await startServers({ stateDir, usualPorts: false })
  try {
    await migrate(servers.databaseUrl)
    const environment = {
      ...appEnvironment({ servers, appPort: 0, sandboxPort: 0 }, await keysOf(stateDir)),
      LOG_LEVEL: 'error',
    }
    const figures: Figure[] = []
    for (const [name, main] of Object.entries(processes)) {
      const seconds: number[] = []
      for (let round = 0; round <= rounds; round++) {
        const began = performance.now()
        const child = await start(stateDir, { name, main: `${root}${built}/${main}`, environment })
        if (round > 0) seconds.push((performance.now() - began) / 1000) // The first reads the disk.
        process.kill(child.pid, 'SIGKILL')
        await child.ended
      }
      say(`${name}: ${seconds.map((one) => one.toFixed(2)).join(', ')} s`)
      figures.push({ figure: `restart_${name}_s`, rounds: seconds, target: { atMost: 2 } })
    }
    return figures
  } finally {
    await servers.stop()
    removeState(stateDir)
    rmSync(`${root}${built}`, { recursive: true, force: true })
  }
}

type Built = { name: string; main: string; environment: Record<string, string> }

async function start(stateDir: string, { name, main, environment }: Built): Promise<Child> {
  const [port, health] = [await freePort(), await freePort()]
  return startChild({
    ...{ name, command: process.execPath, args: [main], stateDir },
    env: { ...environment, PORT: String(port), HEALTH_PORT: String(health) },
    ready: async () => (await fetch(`http://127.0.0.1:${health}/readyz`)).ok,
  })
}
