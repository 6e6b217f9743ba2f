import { readFileSync } from 'node:fs'
import type { Cluster, Redis, Result } from 'ioredis'

declare module 'ioredis' {
  // The parameter's name has to be ioredis's own.
  interface RedisCommander<Context> {
    gateAdmit(howManyKeys: number, ...keysAndArgs: (string | number)[]): Result<string, Context>
    gateGiveBack(offer: string, ...args: (string | number)[]): Result<EpochWord, Context>
    gatePaid(offer: string, ...args: (string | number)[]): Result<EpochWord, Context>
    gateKeep(offer: string, ...args: (string | number)[]): Result<EpochWord, Context>
    gateStatus(
      offer: string,
      buyer: string,
    ): Result<[] | [string, number, number, 'l' | 'p', number, number], Context>
    gateLoad(
      offer: string,
      queue: string,
      loading: string,
      ...args: (string | number)[]
    ): Result<LoadWord, Context>
    gateLease(
      offer: string,
      ...args: (string | number)[]
    ): Result<['lost'] | ['newer'] | ['renewed', number, number], Context>
    gatePhase(offer: string, ...args: (string | number)[]): Result<EpochWord, Context>
    gateQuota(
      offer: string,
      ...args: (string | number)[]
    ): Result<[EpochWord] | ['short' | 'changed', number], Context>
    gateCount(offer: string, queue: string, ...args: (string | number)[]): Result<number, Context>
  }
}

/** How the gate's epoch stands to the caller's: `same` it is done, `newer` it needs nothing, `older` (or empty) it has to be told again. */
export type EpochWord = 'same' | 'newer' | 'older'

/** `stale`: the epoch was loaded already, by another run of the server, and may lack what came since; or its buyers were lost on the way. */
export type LoadWord = 'loaded' | 'same' | 'newer' | 'stale'

const lua = (name: string): string => readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), 'utf8')

/** `keys`: how many; admit takes as many as it is given. Each begins with the shared texts that it needs, and no others: a script's functions are made anew whenever it is called. */
const scripts = {
  gateAdmit: { name: 'admit', keys: undefined, shared: ['clock', 'tickets'] },
  gateGiveBack: { name: 'give-back', keys: 1, shared: ['tickets', 'changes'] },
  gatePaid: { name: 'paid', keys: 1, shared: ['tickets', 'changes'] },
  gateKeep: { name: 'keep', keys: 1, shared: ['tickets', 'changes'] },
  gateStatus: { name: 'status', keys: 1, shared: ['clock', 'tickets'] },
  gateLoad: { name: 'load', keys: 3, shared: ['clock'] },
  gateLease: { name: 'lease', keys: 1, shared: ['clock'] },
  gatePhase: { name: 'phase', keys: 1, shared: ['tickets', 'changes'] },
  gateQuota: { name: 'quota', keys: 1, shared: ['tickets', 'changes'] },
  gateCount: { name: 'count', keys: 2, shared: ['clock', 'tickets', 'changes'] },
}

/** Teaches a connection the gate's scripts: called by their digest (EVALSHA), sent again to a server that does not know them (NOSCRIPT). */
export function defineGateScripts(redis: Redis | Cluster): void {
  for (const [command, { name, keys, shared }] of Object.entries(scripts)) {
    redis.defineCommand(command, {
      lua: [...shared.map((text) => `shared/${text}`), name].map(lua).join('\n'),
      ...(keys !== undefined && { numberOfKeys: keys }),
    })
  }
  // Joins are gathered already (joins.ts), and ioredis would take how many keys there are for the first of them, and so ask a wrong node of a cluster.
  redis.options.autoPipeliningIgnoredCommands = [
    ...(redis.options.autoPipeliningIgnoredCommands ?? []),
    'gateAdmit',
  ]
}
