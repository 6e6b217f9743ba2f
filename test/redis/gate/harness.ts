import { Cluster, Redis } from 'ioredis'
import { afterAll, beforeAll, inject, onTestFinished } from 'vitest'
import type { JoinAnswer, OfferKey, TicketId } from '../../../domain/flash-sale.ts'
import {
  type AddressId,
  isId,
  type SessionId,
  type SkuId,
  snowflakes,
  type UserId,
} from '../../../domain/ids.ts'
import { createGate, type Gate, type Renewal } from '../../../redis/gate/gate.ts'
import type { GateRedis, Join } from '../../../redis/gate/join.ts'
import { keysOf } from '../../../redis/gate/keys.ts'
import type { GateTerms } from '../../../redis/gate/offer-load.ts'
import { createQueue, type Queued, type TicketQueue } from '../../../redis/gate/queue.ts'
import type { EpochWord, LoadWord } from '../../../redis/gate/scripts.ts'
import { loadGate, type TestLoad } from '../../support/gate-load.ts'
import { serversFolder, startCluster } from './nodes.ts'

const ids = snowflakes(Math.floor(Math.random() * 1024))
// Fresh snowflakes are what ids are, here and below.
export const newBuyer = (): UserId => ids.next() as UserId
export const newTicket = (): TicketId => ids.next() as TicketId
const address = ids.next() as AddressId

/** Where the gate has to keep its promises. */
export const places = ['one node', 'a cluster of three'] as const
export type Place = (typeof places)[number]

/**
 * One offer's gate and queue, of the test's own. It is loaded at `epoch` 1, is open, and has ten pieces, one
 * for each buyer, unless it is said otherwise.
 */
export type Sale = {
  redis: GateRedis
  gate: Gate
  queue: TicketQueue
  offer: OfferKey
  /** When it opens and ends, ms since 1970. */
  opensAt: number
  endsAt: number
  load(more?: Partial<TestLoad>): Promise<LoadWord | 'dropped'>
  token(buyer: UserId): Promise<string>
  /** Joins with a fresh token, a fresh ticket and for one piece, unless it is said otherwise. */
  join(buyer: UserId, but?: Partial<Join>): Promise<JoinAnswer>
  /** Joins as a new buyer does, who has to get in. */
  admit(pieces?: number, buyer?: UserId): Promise<Won & { position: number }>
  giveBack(won: Won, epoch?: number, coolUntilMs?: number): Promise<EpochWord>
  pay(won: Won, epoch?: number): Promise<EpochWord>
  /** Leaves a ticket so many pieces. */
  keep(won: Won, pieces: number, epoch?: number): Promise<EpochWord>
  setTerms(but: Partial<GateTerms>, epoch?: number): Promise<EpochWord>
  /** What the supervisor does each second, with what PostgreSQL is said to have. */
  look(
    counts: { waiting?: number; firstWaiting?: number | null; terms?: Partial<GateTerms>; force?: boolean },
    epoch?: number,
  ): Promise<Renewal>
  left(): Promise<number | undefined>
  /** Takes the next entries off the queue, or all of them, as if they were staged in PostgreSQL. */
  stage(most?: number): Promise<Queued[]>
  /** What the gate's memory says that each buyer holds. */
  holdings(): Promise<Record<UserId, Holding[]>>
}
export type Won = { buyer: UserId; ticket: TicketId }
export type Holding = { ticket: string; pieces: number; seq: number; paid: boolean }

/**
 * Connects the tests of this `describe` to a place, and disconnects after them. Answers what opens a sale
 * there.
 */
export function useGate(place: Place): {
  open(terms?: Partial<TestLoad>): Promise<Sale>
  redis(): GateRedis
} {
  let redis: GateRedis
  let leave = async () => {}
  beforeAll(async () => {
    const found = place === 'one node' ? oneNode() : await aCluster()
    redis = found.redis
    leave = found.leave
  })
  afterAll(() => leave())
  return { open: (terms) => openSale(redis, terms), redis: () => redis }
}

const oneNode = () => {
  const redis = new Redis(inject('redisUrl'))
  return { redis, leave: async () => redis.disconnect() }
}

async function aCluster() {
  const folder = serversFolder()
  const { cluster, stop } = await startCluster(folder.path)
  const leave = async () => {
    await stop()
    folder.remove()
  }
  return { redis: cluster, leave }
}

/** A sale in a session of its own, loaded. */
export async function openSale(redis: GateRedis, terms: Partial<TestLoad> = {}): Promise<Sale> {
  const sale = saleOf(redis, { session: `s${ids.next()}` as SessionId, sku: ids.next() as SkuId })
  await sale.load(terms)
  return sale
}

/** A sale as somebody sees it who comes by another connection, or after a restart. */
export function saleOf(redis: GateRedis, offer: OfferKey): Sale {
  const [gate, queue] = [createGate(redis), createQueue(redis)]
  const [opensAt, endsAt] = [Date.now() - 60_000, Date.now() + 3_600_000]
  const terms: TestLoad = { epoch: 1, left: 10, opensAt, endsAt, limit: 1, paused: false, tickets: [] }
  const sale: Sale = {
    redis,
    gate,
    queue,
    offer,
    opensAt,
    endsAt,
    load: (more) => loadGate(gate, offer, { ...terms, ...more }),
    token: async (buyer) => (await gate.issueToken(offer, buyer, opensAt)).token,
    async join(buyer, but = {}) {
      const token = but.token ?? (await sale.token(buyer))
      return gate.admit(offer, { buyer, pieces: 1, address, ticket: newTicket(), ...but, token })
    },
    async admit(pieces = 1, buyer = newBuyer()) {
      const answer = await sale.join(buyer, { pieces })
      if (answer.answer !== 'admitted')
        throw new Error(`the buyer was to be admitted, and was answered ${answer.answer}`)
      return { buyer, ticket: answer.ticket, position: answer.position }
    },
    giveBack: (won, epoch = 1, coolUntilMs = 0) => gate.giveBack(offer, epoch, { ...won, coolUntilMs }),
    pay: (won, epoch = 1) => gate.paid(offer, epoch, won),
    keep: (won, pieces, epoch = 1) => gate.keepPieces(offer, epoch, { ...won, pieces }),
    setTerms: (but, epoch = 1) =>
      gate.setTerms(offer, epoch, { revision: 0, paused: false, shed: 0, opensAt, endsAt, ...but }),
    look: ({ waiting = 0, firstWaiting = null, terms: but = {}, force = false }, epoch = 1) => {
      const terms = { revision: 0, paused: false, shed: 0, opensAt, endsAt, ...but }
      return gate.renew(offer, epoch, { terms, waiting, firstWaiting, force })
    },
    left: () => gate.left(offer),
    async stage(most = 1000) {
      const entries = await queue.read(offer, 'consumer', most)
      await queue.acknowledge(
        offer,
        entries.map((entry) => ({ ...entry, refused: false })),
      )
      return entries
    },
    async holdings() {
      const fields = Object.entries(await redis.hgetall(keysOf(offer).offer))
      const records = fields.filter(([field]) => isId(field))
      const counting = (text: string) => text.split(',').filter((entry) => !entry.endsWith(':c'))
      return Object.fromEntries(
        records.flatMap(([buyer, text]) => {
          const held = counting(text).map(holdingOf)
          return held.length > 0 ? [[buyer, held]] : []
        }),
      )
    },
  }
  return sale
}

/** The same sale over a connection of its own, whose calls of one script are counted. */
export function counted(
  redis: GateRedis,
  { offer }: Sale,
  script: 'gateAdmit' | 'gatePeek',
): { sale: Sale; own: GateRedis; calls: () => number } {
  // Two signatures: TypeScript calls no union of them.
  const own = redis instanceof Cluster ? redis.duplicate() : redis.duplicate()
  onTestFinished(() => own.disconnect())
  const sale = saleOf(own, offer)
  const ask = (own[script] as (...question: unknown[]) => Promise<string>).bind(own)
  let calls = 0
  Object.assign(own, {
    [script]: (...question: unknown[]) => {
      calls++
      return ask(...question)
    },
  })
  return { sale, own, calls: () => calls }
}

function holdingOf(text: string): Holding {
  const [ticket = '', pieces, seq, state] = text.split(':')
  return { ticket, pieces: Number(pieces), seq: Number(seq), paid: state === 'p' }
}
