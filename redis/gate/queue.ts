import type { OfferKey, TicketId } from '../../domain/flash-sale.ts'
import type { AddressId, UserId } from '../../domain/ids.ts'
import type { GateRedis } from './join.ts'
import { keysOf } from './keys.ts'

/** A ticket in an offer's queue that PostgreSQL does not have yet. `epoch`: of the gate that granted it. */
export type Queued = {
  entry: string
  ticket: TicketId
  buyer: UserId
  pieces: number
  address: AddressId
  seq: number
  epoch: number
}

const group = 'consumers'
/** Entries that a consumer has read and not acknowledged for so long belong to whoever asks. */
const takeOverMs = 5000

type Entry = [id: string, fields: string[]]

/**
 * An offer's queue, as consumers see it: read, stage in PostgreSQL, only then acknowledge. A consumer that
 * dies in between has lost nothing.
 */
export function createQueue(redis: GateRedis) {
  return {
    /** The next entries, for this consumer alone. Empty as well when there is no queue. */
    async read(offer: OfferKey, consumer: string, most: number): Promise<Queued[]> {
      const { queue } = keysOf(offer)
      const found = await inGroup(redis, queue, () =>
        redis.xreadgroup('GROUP', group, consumer, 'COUNT', most, 'STREAMS', queue, '>'),
      )
      const [stream] = (found ?? []) as [string, Entry[]][] // What XREADGROUP answers for one stream.
      return (stream?.[1] ?? []).map(queuedOf)
    },

    /**
     * Entries that a consumer has read and not acknowledged in time. `afterMs` 0: whatever anybody has read.
     */
    async takeOver(
      offer: OfferKey,
      consumer: string,
      { most, afterMs = takeOverMs }: { most: number; afterMs?: number },
    ): Promise<Queued[]> {
      const { queue } = keysOf(offer)
      const found = await inGroup(redis, queue, () =>
        redis.xautoclaim(queue, group, consumer, afterMs, '0-0', 'COUNT', most),
      )
      const [, entries] = (found ?? ['', []]) as [string, (Entry | null)[]] // What XAUTOCLAIM answers.
      return entries.flatMap((entry) => (entry?.[1] ? [queuedOf(entry)] : []))
    },

    /**
     * Takes entries off the queue, once they are in PostgreSQL; frees the buyers of those that staging
     * refused.
     * @returns how many were still there
     */
    async acknowledge(offer: OfferKey, staged: readonly (Queued & { refused: boolean })[]): Promise<number> {
      if (staged.length === 0) return 0
      const { offer: key, queue } = keysOf(offer)
      const args = staged.flatMap((one) => [
        one.entry,
        one.epoch,
        one.buyer,
        one.ticket,
        one.pieces,
        one.seq,
        one.refused ? 1 : 0,
      ])
      return await redis.gateCount(key, queue, ...args)
    },

    /** How many entries are neither staged nor acknowledged. */
    length: (offer: OfferKey): Promise<number> => redis.xlen(keysOf(offer).queue),

    /** How long the oldest entry has been in the queue, ms by this process's clock; 0: it is empty. */
    async oldestMs(offer: OfferKey): Promise<number> {
      const [oldest] = await redis.xrange(keysOf(offer).queue, '-', '+', 'COUNT', 1)
      // An entry's id begins with the moment at which it was added, ms by the server's clock.
      return oldest === undefined ? 0 : Math.max(0, Date.now() - Number.parseInt(oldest[0], 10))
    },
  }
}
export type TicketQueue = ReturnType<typeof createQueue>

/** An entry as the script `admit` wrote it; of anything else, what the number of an entry says. */
function queuedOf([entry, [, text = '']]: Entry): Queued {
  const [ticket = '', pieces, seq, , buyer = '', address = '', epoch] = text.split(':')
  return {
    entry,
    ticket: ticket as TicketId, // What `admit` was given, here and below.
    buyer: buyer as UserId,
    pieces: Number(pieces),
    address: address as AddressId,
    seq: Number(seq),
    epoch: Number(epoch),
  }
}

/**
 * Asks a stream by its consumer group. Where the stream is and its group is not, somebody removed the key and
 * the next join made it again: the group is made again too, from the first entry on. Undefined where there is
 * no stream.
 */
async function inGroup<T>(redis: GateRedis, queue: string, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (!startsWith(error, 'NOGROUP')) throw error
  }
  try {
    await redis.xgroup('CREATE', queue, group, '0')
  } catch (error) {
    if (startsWith(error, 'ERR The XGROUP subcommand requires the key to exist')) return undefined
    if (!startsWith(error, 'BUSYGROUP')) throw error // Another consumer was faster.
  }
  return await ask()
}

const startsWith = (error: unknown, text: string): boolean =>
  error instanceof Error && error.message.startsWith(text)
