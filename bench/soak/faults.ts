import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { Random } from '../../db/seed/random.ts'
import { isStopping, keep } from '../../local/children/living.ts'
import type { SandboxClient, Switches } from '../../sandbox/client.ts'
import type { Fleet } from './fleet.ts'
import { parties, type ServerName, type SoakServers, serverNames } from './servers.ts'

export type FaultDeps = {
  dice: Random
  servers: SoakServers
  fleet: Fleet
  sandbox: SandboxClient
  sandboxPid: number
}
export type Faults = {
  counts: Readonly<Record<string, number>>
  /** What could not be done or undone, in words. */
  failed: readonly string[]
  /** Makes no more of them, and resolves when all are undone. */
  stop(): Promise<void>
}

type Context = FaultDeps & {
  /** Resolves after so many ms, or as soon as the faults are to end. */
  lasts(ms: number): Promise<void>
  /** Runs `work` unless something else is being done to this. */
  alone(what: string, work: () => Promise<void>): Promise<boolean>
}
/** Does something bad, and undoes it. False: not now, something else is done to the same. */
type Fault = (context: Context) => Promise<boolean>

const done = async (work: Promise<unknown>): Promise<boolean> => {
  await work
  return true
}
const nodes = parties.filter((party) => party !== 'driver')

/** Stops a process for a while; it goes on whatever ends this one. */
async function frozen(signal: (signal: NodeJS.Signals) => void, lasting: Promise<void>): Promise<void> {
  const thaw = () => signal('SIGCONT')
  const release = keep({ stop: async () => thaw(), kill: thaw })
  signal('SIGSTOP')
  try {
    await lasting
  } finally {
    thaw()
    release()
  }
}

const signalTo = (pid: number | undefined) => (signal: NodeJS.Signals) => {
  try {
    if (pid !== undefined) process.kill(pid, signal)
  } catch {
    // It has ended.
  }
}

const restart =
  (server: ServerName, signals: readonly (NodeJS.Signals | undefined)[]): Fault =>
  ({ dice, servers, alone }) =>
    alone(server, () => {
      const signal = dice.one(signals)
      return servers.restart(server, { awayMs: dice.between(200, 5000), ...(signal && { signal }) })
    })

const freezeServer =
  (server: ServerName): Fault =>
  ({ dice, servers, alone, lasts }) =>
    alone(server, () => frozen(signalTo(servers.pid(server)), lasts(dice.between(1000, 6000))))

/** What the providers do wrong for everybody at once. */
const troubles = (dice: Random): readonly Switches[] => [
  { fail: { query: { times: 20 }, close: { times: 10 } } },
  { fail: { open: { times: 10 }, refund: { times: 5 } } },
  { slowMs: { open: dice.between(1000, 7000), query: dice.between(1000, 7000) } },
  { slowMs: { close: dice.between(1000, 7000), refund: dice.between(1000, 7000) } },
  { loseAnswer: { open: 5, query: 5, close: 5, refund: 5 } },
  { forgedAnswer: { open: 3, query: 3, close: 3 } },
  { fail: { query: { times: 20, status: 429, code: 'FREQUENCY_LIMITED' } } },
]

/** Every kind of fault, and how often of a hundred it comes. */
const kinds: Readonly<Record<string, readonly [number, Fault]>> = {
  'process killed': [
    24,
    ({ dice, fleet }) => done(Promise.resolve(dice.one(fleet.processes).signal('SIGKILL'))),
  ],
  'process stopped in order': [
    7,
    ({ dice, fleet }) => done(Promise.resolve(dice.one(fleet.processes).signal('SIGTERM'))),
  ],
  'process frozen': [
    16,
    ({ dice, fleet, lasts }) => {
      const one = dice.one(fleet.processes)
      return done(frozen((signal) => one.signal(signal), lasts(dice.between(1000, 20_000))))
    },
  ],
  'connections reset': [
    14,
    ({ dice, servers }) =>
      done(Promise.resolve(servers.door(dice.one(serverNames), dice.one(nodes)).reset())),
  ],
  'node cut off': [
    8,
    async ({ dice, servers, lasts }) => {
      const door = servers.door(dice.one(serverNames), dice.one(nodes))
      door.shut()
      await lasts(dice.between(1000, 10_000))
      door.open()
      return true
    },
  ],
  'Redis flushed': [
    5,
    async ({ servers }) => {
      const redis = new Redis(servers.addresses('driver').redisUrl, { retryStrategy: () => null })
      redis.on('error', () => {}) // The command says it.
      try {
        return await done(redis.flushall())
      } finally {
        redis.disconnect()
      }
    },
  ],
  'Redis restarted': [3, restart('redis', ['SIGKILL', undefined])],
  'PostgreSQL restarted': [3, restart('postgresql', ['SIGQUIT', undefined])],
  'Temporal restarted': [3, restart('temporal', ['SIGKILL', undefined])],
  'Redis frozen': [2, freezeServer('redis')],
  'Temporal frozen': [2, freezeServer('temporal')],
  'provider in trouble': [
    10,
    ({ dice, sandbox, alone, lasts }) =>
      alone('provider', async () => {
        await sandbox.switches(dice.one(troubles(dice)))
        await lasts(dice.between(5000, 20_000))
        await sandbox.switches({})
      }),
  ],
  'provider silent': [
    3,
    ({ dice, sandboxPid, alone, lasts }) =>
      alone('provider', () => frozen(signalTo(sandboxPid), lasts(dice.between(1000, 8000)))),
  ],
}

const [leastGapMs, mostGapMs, atOnce] = [6000, 20_000, 3]

/** Begins to do harm: which, to whom, how long and when is what the dice say. */
export function startFaults(deps: FaultDeps): Faults {
  const { dice } = deps
  const ending = new AbortController()
  const counts: Record<string, number> = {}
  const failed: string[] = []
  const busy = new Set<string>()
  const underWay = new Set<Promise<void>>()
  const context: Context = {
    ...deps,
    lasts: (ms) => pause(ms, undefined, { signal: ending.signal }).catch(() => {}),
    async alone(what, work) {
      if (busy.has(what)) return false
      busy.add(what)
      try {
        await work()
        return true
      } finally {
        busy.delete(what)
      }
    },
  }
  const harm = async (name: string, fault: Fault): Promise<void> => {
    try {
      if (await fault(context)) counts[name] = (counts[name] ?? 0) + 1
    } catch (error) {
      if (!isStopping()) failed.push(`${name}: ${error instanceof Error ? error.message : error}`)
    }
  }
  const run = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      await context.lasts(dice.between(leastGapMs, mostGapMs))
      if (ending.signal.aborted || underWay.size >= atOnce) continue
      const [name, fault] = chosen(dice)
      const one = harm(name, fault).finally(() => underWay.delete(one))
      underWay.add(one)
    }
  }
  const running = run()
  return {
    counts,
    failed,
    async stop() {
      ending.abort()
      await running
      await Promise.all(underWay)
    },
  }
}

function chosen(dice: Random): [string, Fault] {
  const all = Object.entries(kinds)
  let left = dice.between(
    1,
    all.reduce((sum, [, [weight]]) => sum + weight, 0),
  )
  for (const [name, [weight, fault]] of all) {
    left -= weight
    if (left <= 0) return [name, fault]
  }
  throw new Error('the weights are positive, so one of them was met')
}
