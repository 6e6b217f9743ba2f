import type { OfferKey } from '../../domain/flash-sale.ts'
import type { UserId } from '../../domain/ids.ts'
import type { GateRedis } from './join.ts'
import { keysOf } from './keys.ts'
import type { LoadWord } from './scripts.ts'

/**
 * What a gate has to obey. Moments in ms since 1970; `shed`: of a hundred joins so many are refused as
 * `paused`. `revision` grows with each change of these, so that an older one never replaces a newer one.
 */
export type GateTerms = { revision: number; paused: boolean; shed: number; opensAt: number; endsAt: number }

/** What an offer's gate is loaded with, as PostgreSQL had it in one snapshot after the epoch was minted. */
export type OfferLoad = {
  epoch: number
  /** Quota less granted. */
  left: number
  /** Pieces a buyer may have. */
  limit: number
  terms: GateTerms
  /** Ids of the quota changes that were counted under this epoch: `left` contains them. */
  changes: readonly string[]
}

/** Some buyers with their tickets that count, and the highest sequence among these. */
export type BuyersChunk = { records: Readonly<Record<UserId, string>>; lastSeq: number }

/**
 * Where the buyers of a load come from. `wanted` is asked before each chunk and before the last step: once it
 * says no, the load is `dropped`.
 */
export type LoadSource = {
  buyers: Iterable<BuyersChunk> | AsyncIterable<BuyersChunk>
  wanted: () => boolean | Promise<boolean>
}

/** How long the gate admits without its supervisor: an isolated master stops by itself. */
export const leaseMs = 10_000

/** Keys outlive their session, and the moment of their load, by a day, in case nobody removes them. */
export const keysOutliveMs = 86_400_000

/** A load that is broken off leaves nothing for longer than this after its last chunk. */
const brokenOffMs = 600_000

/** A ticket as a buyer's record has it. */
export const recordOf = (ticket: { ticket: string; pieces: number; seq: number; paid: boolean }): string =>
  `${ticket.ticket}:${ticket.pieces}:${ticket.seq}:${ticket.paid ? 'p' : 'l'}`

/**
 * Loads an offer at a new epoch: its buyers chunk by chunk into a key of their own, then all of it in one
 * step. Two chunks at the most are in memory, and Redis is never busy with more than one. Every key has a TTL
 * from its first write on.
 */
export async function loadOfferInto(
  redis: GateRedis,
  offer: OfferKey,
  { epoch, left, limit, terms, changes, buyers, wanted }: OfferLoad & LoadSource,
): Promise<LoadWord | 'dropped'> {
  const { offer: key, queue, loading: loadingOf } = keysOf(offer)
  const loading = loadingOf(epoch)
  const drop = async () => {
    await redis.unlink(loading)
    return 'dropped' as const
  }
  let [count, last] = [0, 0]
  let writing: Promise<unknown> = redis.unlink(loading)
  for await (const { records, lastSeq } of buyers) {
    await writing
    if (!(await wanted())) return await drop()
    writing = Promise.all([redis.hset(loading, records), redis.pexpire(loading, brokenOffMs)])
    writing.catch(() => {}) // It is awaited with the next chunk, unless that one fails before.
    count += Object.keys(records).length
    last = Math.max(last, lastSeq)
  }
  await writing
  if (!(await wanted())) return await drop()
  const { opensAt, endsAt, paused, shed, revision } = terms
  return await redis.gateLoad(
    ...[key, queue, loading],
    ...[epoch, left, opensAt, endsAt, limit, paused ? 1 : 0, leaseMs, keysOutliveMs, last, count],
    ...[shed, revision, ...changes],
  )
}
