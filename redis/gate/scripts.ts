import { readFileSync } from 'node:fs'
import type { Cluster, Redis, Result } from 'ioredis'

type Args = (string | number)[]

declare module 'ioredis' {
  // The parameter's name has to be ioredis's own.
  interface RedisCommander<Context> {
    gateAdmit(howManyKeys: number, ...keysAndArgs: Args): Result<string, Context>
    gatePeek(offer: string, ...buyers: string[]): Result<string, Context>
    gateGiveBack(offer: string, ...args: Args): Result<EpochWord, Context>
    gatePaid(offer: string, ...args: Args): Result<EpochWord, Context>
    gateKeep(offer: string, ...args: Args): Result<EpochWord, Context>
    gateStatus(offer: string, buyer: string): Result<[] | StatusReply, Context>
    gateLoad(offer: string, queue: string, loading: string, ...args: Args): Result<LoadWord, Context>
    gateRenew(offer: string, queue: string, ...args: Args): Result<RenewReply, Context>
    gatePhase(offer: string, ...args: Args): Result<EpochWord, Context>
    gateHold(offer: string): Result<null, Context>
    gateQuota(offer: string, ...args: Args): Result<[EpochWord] | ['short' | 'changed', number], Context>
    gateCount(offer: string, queue: string, ...args: Args): Result<number, Context>
  }
}

type StatusReply = [
  ticket: string,
  pieces: number,
  seq: number,
  state: 'l' | 'p',
  staged: number,
  position: number,
  perMinute: number,
]
type RenewReply =
  | ['lost']
  | ['newer', epoch: number]
  | ['queue_lost', missing: number]
  | ['terms_newer']
  | ['renewed', left: number, queued: number]

/**
 * The gate's epoch beside the caller's: `same`: done; `newer`: nothing to do; `older` (or empty): try again
 * later.
 */
export type EpochWord = 'same' | 'newer' | 'older'

/**
 * What became of a load. `same`: this epoch was loaded before; `newer`: a later one is there, nothing was
 * changed; `stale`: a restart or a flush came between, so that the next epoch has to be minted.
 */
export type LoadWord = 'loaded' | 'same' | 'newer' | 'stale'

const lua = (name: string): string => readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), 'utf8')

/**
 * `keys`: how many; admit takes as many as it is given. Each script begins with the shared texts that it
 * needs, and no others: its functions are made anew whenever it is called.
 */
const scripts = {
  gateAdmit: { name: 'admit', keys: undefined, shared: ['clock', 'tickets', 'position'] },
  gatePeek: { name: 'peek', keys: 1, shared: ['clock'] },
  gateGiveBack: { name: 'give-back', keys: 1, shared: ['clock', 'tickets', 'changes'] },
  gatePaid: { name: 'paid', keys: 1, shared: ['tickets', 'changes'] },
  gateKeep: { name: 'keep', keys: 1, shared: ['tickets', 'changes'] },
  gateStatus: { name: 'status', keys: 1, shared: ['clock', 'tickets', 'position', 'rate'] },
  gateLoad: { name: 'load', keys: 3, shared: ['clock'] },
  gateRenew: { name: 'renew', keys: 2, shared: ['clock', 'rate'] },
  gatePhase: { name: 'phase', keys: 1, shared: ['tickets', 'changes'] },
  gateHold: { name: 'hold', keys: 1, shared: [] },
  gateQuota: { name: 'quota', keys: 1, shared: ['tickets', 'changes'] },
  gateCount: { name: 'count', keys: 2, shared: ['tickets', 'changes'] },
}

/**
 * Registers the gate's scripts with a connection: called by their digest (EVALSHA), sent again to a server
 * that does not know them (NOSCRIPT).
 */
export function defineGateScripts(redis: Redis | Cluster): void {
  for (const [command, { name, keys, shared }] of Object.entries(scripts)) {
    redis.defineCommand(command, {
      lua: [...shared.map((text) => `shared/${text}`), name].map(lua).join('\n'),
      ...(keys !== undefined && { numberOfKeys: keys }),
    })
  }
  // Joins are batched already (join-batcher.ts). ioredis would also take the first join's number of keys for
  // all of them, and so ask a wrong node of a cluster.
  redis.options.autoPipeliningIgnoredCommands = [
    ...(redis.options.autoPipeliningIgnoredCommands ?? []),
    'gateAdmit',
  ]
}
