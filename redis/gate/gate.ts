import { randomBytes } from 'node:crypto'
import type { JoinAnswer, OfferKey, TicketId } from '../../domain/flash-sale.ts'
import type { UserId } from '../../domain/ids.ts'
import type { GateRedis, Join } from './join.ts'
import { createJoinBatcher } from './join-batcher.ts'
import { keysOf } from './keys.ts'
import { defineGateScripts, type EpochWord, type LoadWord } from './scripts.ts'

/** What an offer's gate is loaded with, as PostgreSQL has it at the moment in which the epoch was minted. Moments in ms since 1970. */
export type OfferLoad = {
  epoch: number
  /** Quota less granted. */
  left: number
  opensAt: number
  endsAt: number
  limit: number
  paused: boolean
  /** Every ticket that counts. */
  tickets: { ticket: TicketId; buyer: UserId; pieces: number; seq: number; paid: boolean }[]
}

/** A buyer's newest ticket that counts, as the gate knows it. `staged`: the last sequence that PostgreSQL has; `perMinute`: how many it staged in the last minute. */
export type Standing = {
  ticket: TicketId
  pieces: number
  seq: number
  paid: boolean
  staged: number
  perMinute: number
}

/** How long the gate admits without its supervisor: an isolated master stops by itself. */
export const leaseMs = 10_000

const tokenLastsMs = 60_000
/** Keys outlive their session by a day, in case nobody removes them. */
const keysOutliveMs = 86_400_000
const chunk = 5000

/**
 * The flash-sale gate: one script a question, atomic on the node that holds the offer's keys. Redis decides who gets in; PostgreSQL decides what
 * that is worth. Throws when Redis does not answer: the caller knows nothing then, and nothing may be concluded.
 */
export function createGate(redis: GateRedis) {
  defineGateScripts(redis)
  const admit = createJoinBatcher(redis)
  return {
    redis,

    /** Admits a buyer, or says why not; a refusal changes nothing, also keeps the token. A repeated join gets the same ticket. */
    admit: async (offer: OfferKey, join: Join): Promise<JoinAnswer> => answerOf(await admit(offer, join)),

    /** A token that admits this buyer to this offer once. It lasts a minute from now, or from the opening when that is later. */
    async issueToken(
      offer: OfferKey,
      buyer: UserId,
      opensAt: number,
    ): Promise<{ token: string; expiresAt: number }> {
      const token = randomBytes(18).toString('base64url')
      const expiresAt = Math.max(Date.now(), opensAt) + tokenLastsMs
      await redis.set(keysOf(offer).token(buyer, token), 1, 'PX', expiresAt - Date.now())
      return { token, expiresAt }
    },

    /** Keeps what the right answer to a captcha is, for so many ms, where every API process finds it. */
    async keepAnswer(offer: OfferKey, captcha: string, answer: string, forMs: number): Promise<void> {
      await redis.set(keysOf(offer).captcha(captcha), answer, 'PX', forMs)
    },

    /** What the right answer was; null when it has expired or was taken before. */
    takeAnswer: (offer: OfferKey, captcha: string): Promise<string | null> =>
      redis.getdel(keysOf(offer).captcha(captcha)),

    /** Puts a ticket's pieces on sale again, once. `epoch`: the offer's when it was given back in PostgreSQL. */
    giveBack: (offer: OfferKey, epoch: number, buyer: UserId, ticket: TicketId): Promise<EpochWord> =>
      redis.gateGiveBack(keysOf(offer).offer, epoch, buyer, ticket),

    /** Notes that a ticket is paid. */
    paid: (offer: OfferKey, epoch: number, buyer: UserId, ticket: TicketId): Promise<EpochWord> =>
      redis.gatePaid(keysOf(offer).offer, epoch, buyer, ticket),

    /** Leaves a ticket so many of its pieces; the others are for sale again, once. `epoch`: the offer's when PostgreSQL counted it. */
    keepPieces: (
      offer: OfferKey,
      epoch: number,
      { buyer, ticket, pieces }: { buyer: UserId; ticket: TicketId; pieces: number },
    ): Promise<EpochWord> => redis.gateKeep(keysOf(offer).offer, epoch, buyer, ticket, pieces),

    /** Where a buyer stands; undefined without a ticket that counts. */
    async standing(offer: OfferKey, buyer: UserId): Promise<Standing | undefined> {
      const found = await redis.gateStatus(keysOf(offer).offer, buyer)
      if (found.length === 0) return undefined
      const [ticket, pieces, seq, state, staged, perMinute] = found
      return { ticket: ticket as TicketId, pieces, seq, paid: state === 'p', staged, perMinute } // Only tickets are in a buyer's record.
    },

    /**
     * Loads an offer at a new epoch, with `left` and buyers as they were when it was minted. `newer`: a later one is there, nothing was changed;
     * `same`: this one was loaded before; `stale`: a restart came between, so that the next one has to be minted.
     */
    async load(
      offer: OfferKey,
      { epoch, left, opensAt, endsAt, limit, paused, tickets }: OfferLoad,
    ): Promise<LoadWord> {
      const { offer: key, queue, loading } = keysOf(offer)
      const expiresAt = endsAt + keysOutliveMs
      await redis.unlink(loading(epoch))
      const records = Object.entries(recordsOf(tickets))
      for (let i = 0; i < records.length; i += chunk)
        await redis.hset(loading(epoch), Object.fromEntries(records.slice(i, i + chunk)))
      if (records.length > 0) await redis.pexpireat(loading(epoch), expiresAt) // In case this load is broken off.
      const last = tickets.reduce((highest, { seq }) => Math.max(highest, seq), 0)
      return await redis.gateLoad(
        ...[key, queue, loading(epoch)],
        ...[epoch, left, opensAt, endsAt, limit, paused ? 1 : 0, leaseMs, expiresAt, last, records.length],
      )
    },

    /** Renews the lease of the gate that was loaded at this epoch. `lost`: it is not there any more, or is an older one. */
    async renew(
      offer: OfferKey,
      epoch: number,
    ): Promise<{ is: 'renewed'; left: number; queued: number } | { is: 'lost' } | { is: 'newer' }> {
      const [is, left, queued] = await redis.gateLease(keysOf(offer).offer, epoch, leaseMs)
      return is === 'renewed' ? { is, left, queued } : { is }
    },

    /** Sets what an operator or the clock decides about the gate. */
    setPhase: (
      offer: OfferKey,
      epoch: number,
      { paused, opensAt, endsAt }: { paused: boolean; opensAt: number; endsAt: number },
    ): Promise<EpochWord> => redis.gatePhase(keysOf(offer).offer, epoch, paused ? 1 : 0, opensAt, endsAt),

    /** Adds pieces that PostgreSQL has counted under this epoch, once for each change. */
    async addQuota(offer: OfferKey, change: string, pieces: number, epoch: number): Promise<EpochWord> {
      const [is] = await redis.gateQuota(keysOf(offer).offer, change, pieces, epoch)
      return is as EpochWord // For more pieces the script answers nothing else.
    },

    /** Takes pieces off sale, once for each change; `short` when fewer are left. PostgreSQL may count it only while the epoch is the answered one. */
    async takeQuota(
      offer: OfferKey,
      change: string,
      pieces: number,
    ): Promise<{ is: 'taken'; epoch: number } | { is: 'short'; left: number } | { is: 'older' }> {
      const [is, number] = await redis.gateQuota(keysOf(offer).offer, change, -pieces)
      if (is === 'changed') return { is: 'taken', epoch: number }
      return is === 'short' ? { is, left: number } : { is: 'older' }
    },

    /** How many pieces are left, by the gate; undefined when it is not loaded. */
    async left(offer: OfferKey): Promise<number | undefined> {
      const left = await redis.hget(keysOf(offer).offer, 'left')
      return left === null ? undefined : Number(left)
    },

    /** Forgets the offer. */
    async remove(offer: OfferKey): Promise<void> {
      const { offer: key, queue } = keysOf(offer)
      await redis.unlink(key, queue)
    },
  }
}
export type Gate = ReturnType<typeof createGate>

function answerOf(text: string): JoinAnswer {
  const [answer, first, second] = text.split(':')
  switch (answer) {
    case 'admitted':
    case 'already_queued':
      return { answer, ticket: first as TicketId, position: Number(second) } // The script answers the ticket it was given, now or before.
    case 'over_limit':
      return { answer, limit: Number(first) }
    case 'sold_out':
      return { answer, left: Number(first) }
    case 'not_open':
      return { answer, opensAt: Number(first) }
    case 'already_bought':
    case 'ended':
    case 'bad_token':
    case 'paused':
    case 'missing':
      return { answer }
    default:
      throw new Error(`the gate answered ${answer}`)
  }
}

function recordsOf(tickets: OfferLoad['tickets']): Record<UserId, string> {
  const records: Record<UserId, string> = {}
  for (const { ticket, buyer, pieces, seq, paid } of tickets) {
    const text = `${ticket}:${pieces}:${seq}:${paid ? 'p' : 'l'}`
    records[buyer] = records[buyer] ? `${records[buyer]},${text}` : text
  }
  return records
}
