import { randomBytes } from 'node:crypto'
import type { JoinAnswer, OfferKey, TicketId } from '../../domain/flash-sale.ts'
import type { UserId } from '../../domain/ids.ts'
import { joinAnswerOf } from './answers.ts'
import type { GateRedis, Join } from './join.ts'
import { createJoinBatcher } from './join-batcher.ts'
import { keysOf } from './keys.ts'
import {
  type GateTerms,
  keysOutliveMs,
  type LoadSource,
  leaseMs,
  loadOfferInto,
  type OfferLoad,
} from './offer-load.ts'
import { createPeekBatcher } from './peek-batcher.ts'
import { defineGateScripts, type EpochWord, type LoadWord } from './scripts.ts'
import { evictionPolicies } from './server.ts'

/**
 * A buyer's newest ticket that counts, as the gate knows it. `staged`: the last sequence that PostgreSQL has;
 * `position`: tickets in front of it whose orders are not placed, itself included; `perMinute`: how many were
 * placed in the last minute.
 */
export type Standing = {
  ticket: TicketId
  pieces: number
  seq: number
  paid: boolean
  staged: number
  position: number
  perMinute: number
}

/**
 * What one look of the supervisor finds. `lost`: the gate that was loaded at this epoch is not there any
 * more.
 */
export type Renewal =
  | { is: 'renewed'; left: number; queued: number }
  | { is: 'lost' }
  | { is: 'newer'; epoch: number }
  | { is: 'queue_lost'; missing: number }
  | { is: 'terms_newer' }

/**
 * What PostgreSQL says of an offer at a look. `waiting`: tickets whose order is not placed; `firstWaiting`:
 * sequence.
 */
export type Look = { terms: GateTerms; waiting: number; firstWaiting: number | null; force?: boolean }

/** A ticket, and whose it is. */
type HeldTicket = { buyer: UserId; ticket: TicketId }

/** A change of the quota, as PostgreSQL has counted it. */
type CountedChange = { change: string; pieces: number; epoch: number }

const tokenLastsMs = 60_000

/**
 * The flash-sale gate: one script a question, atomic on the node that holds the offer's keys. Redis decides
 * who gets in; PostgreSQL decides what that is worth. Throws when Redis does not answer: the caller knows
 * nothing then, and nothing may be concluded.
 */
export function createGate(redis: GateRedis) {
  defineGateScripts(redis)
  const admit = createJoinBatcher(redis)
  return {
    redis,

    /**
     * Admits a buyer, or says why not; a refusal changes nothing, and keeps the token. A repeat gets the same
     * ticket.
     */
    admit: async (offer: OfferKey, join: Join): Promise<JoinAnswer> => joinAnswerOf(await admit(offer, join)),

    /** The offer's state and whether this buyer holds tickets, as the gate has it now. Changes nothing. */
    peek: createPeekBatcher(redis),

    /**
     * A token that admits this buyer to this offer once. It lasts a minute from now, or from a later opening.
     */
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

    /** Notes for so many ms that a challenge is solved; whether this is the first time. */
    spendChallenge: async (offer: OfferKey, id: string, forMs: number): Promise<boolean> =>
      (await redis.set(keysOf(offer).challenge(id), 1, 'PX', Math.ceil(forMs), 'NX')) === 'OK',

    /**
     * Puts a ticket's pieces on sale again, once. `epoch`: the offer's when it was given back in PostgreSQL;
     * `coolUntilMs`: until then its buyer may not join again, ms since 1970; 0: at once.
     */
    giveBack: (
      offer: OfferKey,
      epoch: number,
      { buyer, ticket, coolUntilMs = 0 }: HeldTicket & { coolUntilMs?: number },
    ): Promise<EpochWord> => redis.gateGiveBack(keysOf(offer).offer, epoch, buyer, ticket, coolUntilMs),

    /** Notes that a ticket is paid. */
    paid: (offer: OfferKey, epoch: number, { buyer, ticket }: HeldTicket): Promise<EpochWord> =>
      redis.gatePaid(keysOf(offer).offer, epoch, buyer, ticket),

    /**
     * Leaves a ticket so many of its pieces; the others are for sale again, once. `epoch`: the offer's when
     * PostgreSQL counted it.
     */
    keepPieces: (
      offer: OfferKey,
      epoch: number,
      { buyer, ticket, pieces }: HeldTicket & { pieces: number },
    ): Promise<EpochWord> => redis.gateKeep(keysOf(offer).offer, epoch, buyer, ticket, pieces),

    /** Where a buyer stands; undefined without a ticket that counts. */
    async standing(offer: OfferKey, buyer: UserId): Promise<Standing | undefined> {
      const found = await redis.gateStatus(keysOf(offer).offer, buyer)
      if (found.length === 0) return undefined
      const [ticket, pieces, seq, state, staged, position, perMinute] = found
      // Only tickets are in a buyer's record.
      return { ticket: ticket as TicketId, pieces, seq, paid: state === 'p', staged, position, perMinute }
    },

    /** Loads an offer at a new epoch; see `loadOfferInto`. */
    load: (offer: OfferKey, load: OfferLoad & Partial<LoadSource>): Promise<LoadWord | 'dropped'> =>
      loadOfferInto(redis, offer, { buyers: [], wanted: () => true, ...load }),

    /**
     * Renews the lease of the gate that was loaded at this epoch, and has it obey what PostgreSQL says. Terms
     * that are older than the gate's are not set unless forced (`terms_newer`); a queue that lacks entries is
     * no gate to renew.
     */
    async renew(offer: OfferKey, epoch: number, look?: Look): Promise<Renewal> {
      const { offer: key, queue } = keysOf(offer)
      const answer = await redis.gateRenew(
        key,
        queue,
        epoch,
        leaseMs,
        keysOutliveMs,
        ...(look ? lookArgs(look) : []),
      )
      switch (answer[0]) {
        case 'renewed':
          return { is: answer[0], left: answer[1], queued: answer[2] }
        case 'newer':
          return { is: answer[0], epoch: answer[1] }
        case 'queue_lost':
          return { is: answer[0], missing: answer[1] }
        default:
          return { is: answer[0] }
      }
    },

    /** Sets what an operator or the clock decides about the gate, unless it has a newer revision of that. */
    setTerms: (offer: OfferKey, epoch: number, terms: GateTerms): Promise<EpochWord> => {
      const { paused, opensAt, endsAt, shed, revision } = terms
      return redis.gatePhase(keysOf(offer).offer, epoch, paused ? 1 : 0, opensAt, endsAt, shed, revision)
    },

    /** Admits nobody until the supervisor's next look, or until the next load. */
    async hold(offer: OfferKey): Promise<void> {
      await redis.gateHold(keysOf(offer).offer)
    },

    /** Adds pieces that PostgreSQL has counted under this epoch, once for each change. */
    async addQuota(offer: OfferKey, { change, pieces, epoch }: CountedChange): Promise<EpochWord> {
      const [is] = await redis.gateQuota(keysOf(offer).offer, change, pieces, epoch)
      return is as EpochWord // For more pieces the script answers nothing else.
    },

    /**
     * Takes pieces off sale, once a change; `short`: fewer are left. PostgreSQL counts it only under this
     * epoch.
     */
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

    /**
     * What monitoring shows of a gate: pieces left, and how long ago its lease was renewed, by this process's
     * clock. Undefined when it is not loaded.
     */
    async vitals(offer: OfferKey): Promise<{ left: number; leaseAgeMs: number } | undefined> {
      const [left, lease] = await redis.hmget(keysOf(offer).offer, 'left', 'lease')
      if (left == null || lease == null) return undefined
      return { left: Number(left), leaseAgeMs: Math.max(0, Date.now() - (Number(lease) - leaseMs)) }
    },

    /** Removes the offer's keys. */
    async remove(offer: OfferKey): Promise<void> {
      const { offer: key, queue } = keysOf(offer)
      await redis.unlink(key, queue)
    },

    /** The eviction policy of each server that holds gates; anything but `noeviction` loses queues. */
    evictionPolicies: (): Promise<string[]> => evictionPolicies(redis),
  }
}
export type Gate = ReturnType<typeof createGate>

function lookArgs({ terms, waiting, firstWaiting, force = false }: Look): (string | number)[] {
  const { revision, paused, shed, opensAt, endsAt } = terms
  return [revision, paused ? 1 : 0, shed, opensAt, endsAt, force ? 'force' : '', waiting, firstWaiting ?? '']
}
