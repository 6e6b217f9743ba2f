import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { showProgress } from '../../local/progress.ts'
import { startPostgres } from '../../local/servers/postgres.ts'
import { startRedis } from '../../local/servers/redis.ts'
import type { Servers } from '../../local/servers/start.ts'
import { startTemporal } from '../../local/servers/temporal.ts'
import { claim } from '../../local/state.mjs'
import { type Door, doorTo } from '../../test/support/proxy.ts'

export const serverNames = ['postgresql', 'redis', 'temporal'] as const
export type ServerName = (typeof serverNames)[number]

/** Who reaches the servers, each by doors of its own: two nodes of processes, and this driver. */
export const parties = ['node 1', 'node 2', 'driver'] as const
export type Party = (typeof parties)[number]

/** The three servers of a soak, behind doors, so that they may move to another port and come back. */
export type SoakServers = {
  /** Addresses that stay the same, whatever happens to the servers. */
  addresses(party: Party): Servers
  door(server: ServerName, party: Party): Door
  pid(server: ServerName): number | undefined
  /** Ends a server, in order or by a signal, and starts it again on the same data after `awayMs`. */
  restart(server: ServerName, how: { signal?: NodeJS.Signals; awayMs: number }): Promise<void>
}

type Running = { url: string; stop(): Promise<void> }
const childNames: Record<ServerName, string> = {
  postgresql: 'postgres',
  redis: 'redis',
  temporal: 'temporal',
}

/** Starts PostgreSQL, Redis and Temporal in this state folder; those of the environment are left alone. */
export async function startSoakServers(stateDir: string): Promise<SoakServers> {
  await claim(stateDir)
  const { DATABASE_URL: _d, REDIS_URL: _r, TEMPORAL_ADDRESS: _t, ...env } = process.env
  const options = { stateDir, env, usualPorts: false, durable: true }
  const start: Record<ServerName, (report: (text: string) => void) => Promise<Running>> = {
    postgresql: (report) => startPostgres(options, report),
    redis: (report) => startRedis(options, report),
    temporal: (report) => startTemporal(options, report),
  }
  const silent = () => {}
  const running = Object.fromEntries(
    (
      await showProgress(
        serverNames.map((name) => ({
          name,
          run: async (report: (text: string) => void) => ({
            name,
            about: name,
            server: await start[name](report),
          }),
        })),
      )
    ).map(({ name, server }) => [name, server]),
  ) as Record<ServerName, Running> // One for each name.

  const doors = {} as Record<ServerName, Record<Party, Door>>
  for (const name of serverNames) {
    const opened = await Promise.all(parties.map(() => doorTo(portOf(running[name].url))))
    doors[name] = Object.fromEntries(parties.map((party, i) => [party, opened[i]])) as Record<Party, Door>
  }
  const pidFile = (name: ServerName) => join(stateDir, 'children', `${childNames[name]}.json`)
  const pid = (name: ServerName): number | undefined => {
    if (!existsSync(pidFile(name))) return undefined
    return (JSON.parse(readFileSync(pidFile(name), 'utf8')) as { pid: number }).pid
  }

  return {
    pid,
    door: (server, party) => doors[server][party],
    addresses(party) {
      const database = new URL(running.postgresql.url)
      database.port = String(doors.postgresql[party].port)
      return {
        databaseUrl: database.href,
        redisUrl: `redis://127.0.0.1:${doors.redis[party].port}`,
        temporalAddress: `127.0.0.1:${doors.temporal[party].port}`,
        temporalNamespace: 'default',
        stop: async () => {},
      }
    },
    async restart(name, { signal, awayMs }) {
      const old = pid(name)
      if (signal && old !== undefined) {
        process.kill(old, signal)
        while (existsSync(pidFile(name))) await pause(20)
      } else await running[name].stop()
      await pause(awayMs)
      running[name] = await start[name](silent)
      for (const party of parties) doors[name][party].leadTo(portOf(running[name].url))
    },
  }
}

const portOf = (url: string): number => Number(url.includes('://') ? new URL(url).port : url.split(':')[1])
