import { readFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { migrate } from './db/migrate.ts'
import { appEnvironment } from './local/environment.ts'
import { keysOf } from './local/keys.ts'
import { freePort } from './local/servers/ports.ts'
import { startServers } from './local/servers/start.ts'
import { stateFolder } from './local/compose.ts'
const stateDir = join(stateFolder, `measure-${process.pid}`)
const servers = await startServers({ stateDir, usualPorts: false, durable: false })
try {
  await migrate(servers.databaseUrl)
  const env = { ...appEnvironment({ servers, appPort: await freePort(), sandboxPort: await freePort() }, await keysOf(stateDir)), LOG_LEVEL: 'silent' }
  const [n = '8', ...mains] = process.argv.slice(2)
  for (const main of mains) {
    const times: number[] = []
    const cpu: number[] = []
    for (let i = 0; i < Number(n); i++) {
      const port = await freePort()
      const began = performance.now()
      const child = spawn(process.execPath, ['--max-semi-space-size=32', ...(main.endsWith('.ts') ? ['--import', 'tsx'] : []), main], { env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env, PORT: String(await freePort()), HEALTH_PORT: String(port) }, stdio: 'inherit' })
      for (;;) {
        const ok = await fetch(`http://127.0.0.1:${port}/readyz`).then((r) => r.status === 200, () => false)
        if (ok) break
        await new Promise((r) => setTimeout(r, 10))
      }
      times.push(performance.now() - began)
      const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
      cpu.push((Number(stat[11]) + Number(stat[12])) * 10)
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    times.sort((a, b) => a - b)
    cpu.sort((a, b) => a - b)
    console.log(main, 'cpu ms', cpu[0], cpu[Math.floor(cpu.length / 2)], cpu.at(-1), 'min', Math.round(times[0]!), 'median', Math.round(times[Math.floor(times.length / 2)]!), 'max', Math.round(times.at(-1)!), 'ms of', times.length)
  }
} finally {
  await servers.stop()
  process.exit()
}
