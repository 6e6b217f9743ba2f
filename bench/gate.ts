import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis, type Result } from 'ioredis'
import type { OfferKey, TicketId } from '../domain/flash-sale.ts'
import { type AddressId, type SessionId, type SkuId, snowflakes, type UserId } from '../domain/ids.ts'
import { startRedis } from '../local/servers/redis.ts'
import { removeState } from '../local/state.mjs'
import { createGate, type Gate } from '../redis/gate/gate.ts'
import { keysOf } from '../redis/gate/keys.ts'
import { type BuyersChunk, recordOf } from '../redis/gate/offer-load.ts'
import { type Figure, inParallel, say } from './figures.ts'

declare module 'ioredis' {
  // The parameter's name has to be ioredis's own.
  interface RedisCommander<Context> {
    benchIncrement(...keysAndArgs: (string | number)[]): Result<number, Context>
  }
}

/**
 * One client process with one connection, and so many calls under way at once, each written as it comes (no
 * explicit pipelines).
 */
const inFlight = 200
/**
 * A round is this many turns of each contestant, one after the other, so that a busy machine disturbs all of
 * them alike.
 */
const turns = 8
const callsATurn = 2500
const fullOffer = 1_000_000
const ticketsWeighed = 100_000

const ids = snowflakes(1023)
const address = ids.next() as AddressId // Fresh snowflakes are what ids are, here and below.

/**
 * What the gate costs: a join beside a script that only counts, beside a million buyers, and in bytes. On a
 * server of its own.
 */
export async function benchGate(rounds: number): Promise<Figure[]> {
  const stateDir = mkdtempSync(join(tmpdir(), 'floodgate-bench-'))
  const server = await startRedis(
    { stateDir, env: { ...process.env, REDIS_URL: '' }, usualPorts: false, durable: true },
    () => {},
  )
  const redis = new Redis(server.url)
  try {
    say(server.about)
    // A rewrite of the file in one turn would be measured as that contestant's.
    await redis.config('SET', 'auto-aof-rewrite-percentage', 0)
    const weight = await ticketBytes(redis, rounds)
    return [...(await speeds(redis, rounds)), weight]
  } finally {
    redis.disconnect()
    await server.stop()
    removeState(stateDir)
  }
}

/**
 * `admit_vs_evalsha`: the other script is `INCR`, a command of the same client, with the keys and arguments
 * of a join, so that both sides send the same. `admit_vs_bare_evalsha`: a plain EVALSHA of it with one key.
 */
async function speeds(redis: Redis, rounds: number): Promise<Figure[]> {
  const gate = createGate(redis)
  const lua = "return redis.call('INCR', KEYS[1])"
  redis.defineCommand('benchIncrement', { numberOfKeys: 3, lua })
  const digest = String(await redis.script('LOAD', lua))
  say(`loading ${fullOffer} buyers`)
  const full = await openOffer(gate, fullOffer)
  const [vsEvalsha, vsBare, fullVsEmpty]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round <= rounds; round++) {
    const empty = await openOffer(gate)
    const ms = { bare: 0, evalsha: 0, empty: 0, full: 0 }
    for (let turn = 0; turn < turns; turn++) {
      ms.bare += await timed(async () => void (await redis.evalsha(digest, 1, 'bench:bare')))
      ms.evalsha += await increments(redis, empty)
      ms.empty += await joins(gate, empty)
      ms.full += await joins(gate, full)
    }
    await gate.remove(empty)
    if (round === 0) continue // The warm-up.
    vsEvalsha.push(ms.evalsha / ms.empty)
    vsBare.push(ms.bare / ms.empty)
    fullVsEmpty.push(ms.empty / ms.full)
    const perSecond = Object.entries(ms).map(
      ([name, took]) => `${name} ${Math.round((turns * callsATurn * 1000) / took)}`,
    )
    say(`round ${round}, calls a second: ${perSecond.join(', ')}`)
  }
  await gate.remove(full)
  return [
    { figure: 'admit_vs_evalsha', rounds: vsEvalsha, target: { atLeast: 0.5 } },
    { figure: 'admit_vs_bare_evalsha', rounds: vsBare, target: null },
    { figure: 'admit_full_vs_empty', rounds: fullVsEmpty, target: { atLeast: 0.9 } },
  ]
}

/** How much a ticket that nobody has staged yet takes: its buyer's record and its entry in the queue. */
async function ticketBytes(redis: Redis, rounds: number): Promise<Figure> {
  const gate = createGate(redis)
  const weights: number[] = []
  for (let round = 1; round <= rounds; round++) {
    await redis.flushall('SYNC')
    const before = await usedMemory(redis)
    const offer = await openOffer(gate)
    for (let admitted = 0; admitted < ticketsWeighed; admitted += callsATurn) await joins(gate, offer)
    weights.push(((await usedMemory(redis)) - before) / ticketsWeighed)
  }
  return { figure: 'ticket_bytes', rounds: weights, target: { atMost: 250 }, unit: 'bytes' }
}

async function usedMemory(redis: Redis): Promise<number> {
  const info = await redis.info('memory')
  return Number(/^used_memory:(\d+)/m.exec(info)?.[1])
}

/** An offer that is open and does not run out, with so many buyers who have a ticket. */
async function openOffer(gate: Gate, buyers = 0): Promise<OfferKey> {
  const offer = { session: '2019052614' as SessionId, sku: ids.next() as SkuId }
  const [opensAt, endsAt] = [Date.now() - 1000, Date.now() + 3_600_000]
  const terms = { revision: 0, paused: false, shed: 0, opensAt, endsAt }
  await gate.load(offer, {
    epoch: 1,
    left: 10_000_000,
    limit: 1,
    terms,
    changes: [],
    buyers: chunksOf(buyers),
  })
  return offer
}

function* chunksOf(buyers: number, size = 5000): Generator<BuyersChunk> {
  for (let from = 0; from < buyers; from += size) {
    const seqs = Array.from({ length: Math.min(size, buyers - from) }, (_, i) => from + i + 1)
    const record = (seq: number) => recordOf({ ticket: ids.next(), pieces: 1, seq, paid: false })
    yield { records: Object.fromEntries(seqs.map((seq) => [ids.next(), record(seq)])), lastSeq: from + size }
  }
}

/**
 * New buyers join, all of whom get in; how long it takes, in ms. Their tokens are written before the clock
 * starts.
 */
async function joins(gate: Gate, offer: OfferKey): Promise<number> {
  const crowd: { buyer: UserId; ticket: TicketId; token: string }[] = []
  await inParallel(callsATurn, inFlight, async () => {
    const buyer = ids.next() as UserId
    const { token } = await gate.issueToken(offer, buyer, 0)
    crowd.push({ buyer, ticket: ids.next() as TicketId, token })
  })
  await gate.renew(offer, 1)
  return timed(async (i) => {
    const one = crowd[i]
    const answer = one && (await gate.admit(offer, { ...one, pieces: 1, address }))
    if (answer?.answer !== 'admitted') throw new Error(`a buyer was answered ${answer?.answer}`)
  })
}

/** As many calls that send what a join sends, and only count. */
async function increments(redis: Redis, offer: OfferKey): Promise<number> {
  const { offer: key, queue, token } = keysOf(offer)
  const [buyer, text] = [ids.next() as UserId, 'x'.repeat(24)]
  return timed(
    async () =>
      void (await redis.benchIncrement(`${key}:bench`, queue, token(buyer, text), buyer, 1, buyer, address)),
  )
}

const timed = async (job: (i: number) => Promise<void>): Promise<number> =>
  (await inParallel(callsATurn, inFlight, job)).allMs
