import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Child, startChild } from '../../local/children/child.ts'
import { isStopping } from '../../local/children/living.ts'
import { freePort } from '../../local/servers/ports.ts'
import type { Party } from './servers.ts'

const roles = ['api', 'worker', 'consumer', 'jobs'] as const
type Role = (typeof roles)[number]

/** As package.json starts them. */
const commands: Record<Role, string[]> = {
  api: ['--max-semi-space-size=32', '--import', 'tsx', 'api/main.ts'],
  worker: ['--max-semi-space-size=32', '--import', 'tsx', 'workers/main.ts'],
  consumer: ['--import', 'tsx', 'workers/consumer/main.ts'],
  jobs: ['--import', 'tsx', 'workers/jobs/main.ts'],
}
const root = fileURLToPath(new URL('../..', import.meta.url))
/** As a process supervisor does: what has ended is started again after so long. */
const restartAfterMs = 1000

/** A process of the shop that is started again whenever it ends. */
type Supervised = {
  readonly name: string
  readonly role: Role
  /** Undefined while it is down. */
  pid(): number | undefined
  /** Sends a signal that is part of the soak: an end that follows is expected. */
  signal(signal: NodeJS.Signals): void
  ready(): Promise<boolean>
}

/** How often processes were started, and the ends that nobody asked for. */
type FleetTally = { starts: number; ownEnds: string[] }
export type Fleet = { processes: readonly Supervised[]; tally: FleetTally }

type FleetOptions = {
  stateDir: string
  environments: Readonly<Record<Exclude<Party, 'driver'>, Record<string, string>>>
  apiPorts: readonly [number, number]
}

/** Starts two of each process, one of each on each node. Resolves at once: who wants to know asks `ready`. */
export async function startFleet({ stateDir, environments, apiPorts }: FleetOptions): Promise<Fleet> {
  const tally: FleetTally = { starts: 0, ownEnds: [] }
  const processes: Supervised[] = []
  for (const node of [1, 2] as const) {
    for (const role of roles) {
      const healthPort = role === 'api' ? apiPorts[node - 1] : await freePort()
      const env = {
        ...environments[`node ${node}`],
        ...(role === 'api' ? { PORT: String(healthPort) } : { HEALTH_PORT: String(healthPort) }),
      }
      const url = `http://127.0.0.1:${healthPort}/readyz`
      processes.push(supervise({ name: `${role}-${node}`, role, stateDir, env, url }, tally))
    }
  }
  return { processes, tally }
}

type Program = { name: string; role: Role; stateDir: string; env: Record<string, string>; url: string }

function supervise({ name, role, stateDir, env, url }: Program, tally: FleetTally): Supervised {
  let child: Child | undefined
  let expected = false
  const run = async (): Promise<void> => {
    for (let start = 1; !isStopping(); start++) {
      try {
        child = await startChild({
          name: `${name}.${start}`,
          command: process.execPath,
          args: commands[role],
          cwd: root,
          stateDir,
          env,
          ready: async () => true, // It may be down for as long as its servers are.
          stopWithinMs: 15_000,
        })
        expected = false
        tally.starts += 1
        const how = await child.ended
        if (!expected && !isStopping()) tally.ownEnds.push(how)
      } catch (error) {
        if (!isStopping()) tally.ownEnds.push(`${name} could not be started: ${error}`)
      }
      child = undefined
      if (!isStopping()) await pause(restartAfterMs)
    }
  }
  void run() // Until this process stops: its children end with it.
  return {
    name,
    role,
    pid: () => child?.pid,
    signal(signal) {
      if (!child) return
      if (signal === 'SIGKILL' || signal === 'SIGTERM') expected = true
      try {
        process.kill(child.pid, signal)
      } catch {
        // It has just ended.
      }
    },
    async ready() {
      const answer = await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => undefined)
      await answer?.body?.cancel()
      return answer?.status === 200
    },
  }
}

/** What the processes have logged as errors (level 50 and above), by message: how often each. */
export function loggedErrors(stateDir: string): Record<string, number> {
  const counts: Record<string, number> = {}
  const folder = join(stateDir, 'logs')
  for (const file of readdirSync(folder).filter((name) => /^(api|worker|consumer|jobs)-/.test(name))) {
    for (const line of readFileSync(join(folder, file), 'utf8').split('\n')) {
      const entry = parsed(line)
      if (entry === undefined || entry.level < 50) continue
      const what = [entry.msg, entry.job].filter((part) => part !== undefined).join(' · ')
      counts[what] = (counts[what] ?? 0) + 1
    }
  }
  return counts
}

type LogEntry = { level: number; msg: string; job?: string }
function parsed(line: string): LogEntry | undefined {
  try {
    const entry = JSON.parse(line) as Partial<LogEntry> | null
    return typeof entry?.level === 'number' && typeof entry.msg === 'string' ? (entry as LogEntry) : undefined
  } catch {
    return undefined // Not a log line: Temporal's core and Node write text.
  }
}
