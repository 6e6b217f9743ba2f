import type { JoinAnswer, TicketId } from '../../../domain/flash-sale.ts'
import type { UserId } from '../../../domain/ids.ts'
import type { Renewal } from '../../../redis/gate/gate.ts'
import type { EpochWord } from '../../../redis/gate/scripts.ts'
import type { Holding } from './harness.ts'

type Held = { ticket: TicketId; buyer: UserId; pieces: number; seq: number; paid: boolean }
type Cooling = { ticket: TicketId; buyer: UserId; until: number }

/**
 * The gate as one would explain it: a list of who holds what, and a few numbers. Also what PostgreSQL counts
 * of it: the quota.
 */
export function plainGate({ quota: pieces, limit }: { quota: number; limit: number }) {
  let quota = pieces
  let left = pieces
  let epoch = 1
  let [paused, ended] = [false, false]
  /** Whether the supervisor has been here lately, and whether the server is the one that was loaded. */
  let [leased, sameServer] = [true, true]
  let held: Held[] = []
  const cooling: Cooling[] = []
  let queue: Held[] = []
  /** Granted under this epoch, and gone with the queue's key before they were staged. */
  let lost: Held[] = []
  let [seq, staged] = [0, 0]
  /** Changes of the quota, and the epoch under which each was counted. */
  const changes = new Map<string, number>()

  const position = (ticket: Held) => Math.max(0, ticket.seq - staged)
  const wordFor = (theirs: number): EpochWord =>
    epoch === theirs ? 'same' : epoch > theirs ? 'newer' : 'older'
  const isLost = ({ ticket }: Held): boolean => lost.some((one) => one.ticket === ticket)

  return {
    join(
      buyer: UserId,
      wanted: number,
      { ticket, honest }: { ticket: TicketId; honest: boolean },
    ): JoinAnswer {
      const own = held.filter((one) => one.buyer === buyer)
      const live = own.find(({ paid }) => !paid)
      if (live) return { answer: 'already_queued', ticket: live.ticket, position: position(live) }
      if (paused || !leased || !sameServer) return { answer: 'paused' }
      if (!honest) return { answer: 'bad_token' }
      if (ended) return { answer: 'ended' }
      const cools = cooling.find((one) => one.buyer === buyer)
      if (cools) return { answer: 'cooling_off', until: cools.until }
      const bought = sum(own)
      if (bought >= limit) return { answer: 'already_bought' }
      if (bought + wanted > limit) return { answer: 'over_limit', limit }
      if (wanted > left) return { answer: 'sold_out', left }
      left -= wanted
      seq += 1
      const won = { ticket, buyer, pieces: wanted, seq, paid: false }
      held.push(won)
      queue.push(won)
      return { answer: 'admitted', ticket, position: position(won) }
    },
    pay(ticket: TicketId, theirs: number): EpochWord {
      const word = wordFor(theirs)
      if (word === 'same') held = held.map((one) => (one.ticket === ticket ? { ...one, paid: true } : one))
      return word
    },
    /** `until`: until when its buyer cools off; undefined: not at all. */
    giveBack(ticket: TicketId, theirs: number, until: number | undefined): EpochWord {
      const word = wordFor(theirs)
      if (word !== 'same') return word
      const given = held.find((one) => one.ticket === ticket)
      if (!given) return word
      left += given.pieces
      held = held.filter((one) => one !== given)
      if (until !== undefined) cooling.push({ ticket, buyer: given.buyer, until })
      return word
    },
    keep(ticket: TicketId, theirs: number, keeps: number): EpochWord {
      const word = wordFor(theirs)
      if (word !== 'same') return word
      held = held.map((one) => {
        if (one.ticket !== ticket || one.pieces <= keeps) return one
        left += one.pieces - keeps
        return { ...one, pieces: keeps }
      })
      return word
    },
    more(change: string, added: number): EpochWord {
      const known = changes.get(change)
      if (known !== undefined) return wordFor(known)
      changes.set(change, epoch)
      quota += added
      left += added
      return 'same'
    },
    fewer(change: string, removed: number): { is: 'taken'; epoch: number } | { is: 'short'; left: number } {
      if (!changes.has(change)) {
        if (left < removed) return { is: 'short', left }
        changes.set(change, epoch)
        quota -= removed
        left -= removed
      }
      return { is: 'taken', epoch }
    },
    setPhase(phase: { paused?: boolean; ended?: boolean }): void {
      paused = phase.paused ?? paused
      ended = phase.ended ?? ended
    },
    /** Time passes without a supervisor. */
    loseLease(): void {
      leased = false
    },
    /** The server is started again, or another one takes its place, with all that it had. */
    restart(): void {
      sameServer = false
    },
    /** Somebody removes the queue's key. */
    loseQueue(): void {
      lost = [...lost, ...queue]
      queue = []
    },
    /** A look of the supervisor: who is not the gate that was loaded, or lacks tickets, is not renewed. */
    renew(): Renewal {
      if (!sameServer) return { is: 'lost' }
      if (lost.length > 0) return { is: 'queue_lost', missing: lost.length }
      leased = true
      return { is: 'renewed', left, queued: sum(queue) }
    },
    stage(most: number): TicketId[] {
      const batch = queue.slice(0, most)
      queue = queue.slice(most)
      staged = batch.at(-1)?.seq ?? staged
      return batch.map(({ ticket }) => ticket)
    },
    /** What a load at the next epoch takes along, once everything is staged: nobody has what was lost. */
    mint() {
      epoch += 1
      left += sum(held.filter(isLost))
      held = held.filter((one) => !isLost(one))
      lost = []
      staged = seq
      ;[leased, sameServer] = [true, true]
      return { epoch, left, paused, limit, tickets: held, cooling }
    },
    countedAt: (change: string): number | undefined => changes.get(change),
    piecesOf: (ticket: TicketId): number => held.find((one) => one.ticket === ticket)?.pieces ?? 0,
    state: () => ({
      epoch,
      paused,
      ended,
      quota,
      left,
      queued: sum(queue) + sum(lost),
      waiting: queue.length,
      holdings: holdingsOf(held),
      holds: sum(held),
    }),
  }
}
export type PlainGate = ReturnType<typeof plainGate>

const sum = (tickets: readonly Held[]): number => tickets.reduce((all, { pieces }) => all + pieces, 0)

function holdingsOf(held: readonly Held[]): Record<UserId, Holding[]> {
  const holdings: Record<UserId, Holding[]> = {}
  for (const { buyer, ...ticket } of held) holdings[buyer] = [...(holdings[buyer] ?? []), ticket]
  return holdings
}
