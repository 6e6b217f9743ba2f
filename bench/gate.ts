import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { startRedis } from '../dev/servers/redis.ts'
import { removeState } from '../dev/state.mjs'
import { type AddressId, type SessionId, type SkuId, snowflakes, type UserId } from '../domain/ids.ts'
import type { OfferKey, TicketId } from '../domain/seckill.ts'
import { createGate, type Gate, type OfferLoad } from '../seckill/gate.ts'
import { type Figure, inParallel, say } from './figures.ts'

/** One connection, so many joins under way at once: ioredis writes them as they come and Redis reads them in batches. */
const inFlight = 200
const joinsARound = 20_000
const fullOffer = 1_000_000
const ticketsWeighed = 100_000

const ids = snowflakes(1023)
const address = ids.next() as AddressId // Fresh snowflakes are what ids are, here and below.

/** What the gate costs: a join beside the cheapest script there is, beside a million buyers, and in bytes. On a server of its own. */
export async function benchGate(rounds: number): Promise<Figure[]> {
  const stateDir = mkdtempSync(join(tmpdir(), 'floodgate-bench-'))
  const server = await startRedis({ stateDir, env: { ...process.env, REDIS_URL: '' }, usualPorts: false, durable: true }, () => {})
  const redis = new Redis(server.url)
  try {
    say(server.about)
    // A rewrite of the file in one half of a round would be measured as the gate's.
    await redis.config('SET', 'auto-aof-rewrite-percentage', 0)
    return [await ticketBytes(redis, rounds), ...(await speeds(redis, rounds))]
  } finally {
    redis.disconnect()
    await server.stop()
    removeState(stateDir)
  }
}

async function speeds(redis: Redis, rounds: number): Promise<Figure[]> {
  const gate = createGate(redis)
  const increment = String(await redis.script('LOAD', "return redis.call('INCR', KEYS[1])"))
  say(`loading ${fullOffer} buyers`)
  const full = await openOffer(gate, { tickets: buyersOf(fullOffer) })
  const [vsEvalsha, fullVsEmpty]: [number[], number[]] = [[], []]
  await perSecond(async () => void (await redis.evalsha(increment, 1, 'bench:warm')))
  for (let round = 1; round <= rounds; round++) {
    const evalsha = await perSecond(async () => void (await redis.evalsha(increment, 1, `bench:${round}`)))
    const empty = await joinsPerSecond(gate, await openOffer(gate))
    const beside = await joinsPerSecond(gate, full)
    vsEvalsha.push(empty / evalsha)
    fullVsEmpty.push(beside / empty)
    say(`round ${round}: ${[evalsha, empty, beside].map(Math.round).join(', ')} a second: INCR script, joins, joins beside ${fullOffer} buyers`)
  }
  return [
    { figure: 'admit_vs_evalsha', rounds: vsEvalsha, target: { atLeast: 0.5 } },
    { figure: 'admit_full_vs_empty', rounds: fullVsEmpty, target: { atLeast: 0.9 } },
  ]
}

/** How much a ticket that nobody has staged yet takes: its buyer's record and its entry in the queue. */
async function ticketBytes(redis: Redis, rounds: number): Promise<Figure> {
  const gate = createGate(redis)
  const weights: number[] = []
  for (let round = 1; round <= rounds; round++) {
    const offer = await openOffer(gate)
    const before = await usedMemory(redis)
    await joinsPerSecond(gate, offer, ticketsWeighed)
    weights.push(((await usedMemory(redis)) - before) / ticketsWeighed)
    say(`round ${round}: ${weights.at(-1)?.toFixed(0)} bytes a ticket`)
    await gate.remove(offer)
  }
  return { figure: 'ticket_bytes', rounds: weights, target: { atMost: 250 }, unit: 'bytes' }
}

async function usedMemory(redis: Redis): Promise<number> {
  const info = await redis.info('memory')
  return Number(/^used_memory:(\d+)/m.exec(info)?.[1])
}

/** An offer that is open and does not run out. */
async function openOffer(gate: Gate, more: Partial<OfferLoad> = {}): Promise<OfferKey> {
  const offer = { session: `bench-${ids.next()}` as SessionId, sku: ids.next() as SkuId }
  const [opensAt, endsAt] = [Date.now() - 1000, Date.now() + 3_600_000]
  await gate.load(offer, { epoch: 1, left: 10_000_000, opensAt, endsAt, limit: 1, paused: false, tickets: [], ...more })
  return offer
}

const buyersOf = (count: number): OfferLoad['tickets'] =>
  Array.from({ length: count }, (_, i) => ({ ticket: ids.next() as TicketId, buyer: ids.next() as UserId, pieces: 1, seq: i + 1, paid: false }))

/** New buyers join, all of whom get in. Their tokens are written before the clock starts. */
async function joinsPerSecond(gate: Gate, offer: OfferKey, count = joinsARound): Promise<number> {
  const crowd: { buyer: UserId; ticket: TicketId; token: string }[] = []
  await inParallel(count, inFlight, async () => {
    const buyer = ids.next() as UserId
    const { token } = await gate.issueToken(offer, buyer, 0)
    crowd.push({ buyer, ticket: ids.next() as TicketId, token })
  })
  await gate.renew(offer, 1)
  return perSecond(async (i) => {
    const one = crowd[i]
    const answer = one && (await gate.admit(offer, { ...one, pieces: 1, address }))
    if (answer?.answer !== 'admitted') throw new Error(`a buyer heard ${answer?.answer}`)
  }, count)
}

async function perSecond(job: (i: number) => Promise<void>, count = joinsARound): Promise<number> {
  const { allMs } = await inParallel(count, inFlight, job)
  return (count / allMs) * 1000
}
