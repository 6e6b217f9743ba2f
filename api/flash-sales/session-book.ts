import {
  livingSessions,
  recentlyEndedSessions,
  type StoredOffer,
  type StoredSession,
} from '../../db/reads/sessions.ts'
import type { Sql } from '../../db/types.ts'
import type { OfferKey } from '../../domain/flash-sale.ts'
import type { SessionId } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusals.ts'
import type { Events } from '../../runtime/container.ts'
import { ttlCache } from '../ttl-cache.ts'

/**
 * Sessions with their offers, as PostgreSQL had them a second ago at the most; at once when a change was
 * announced.
 */
export type SessionBook = {
  /**
   * An offer with its session, which has not ended, or has in the last two days.
   *
   * @throws {Refused} `session_unknown`, `offer_unknown`
   */
  offer(key: OfferKey): Promise<{ session: StoredSession; offer: StoredOffer }>
  /** The session, or undefined when there is none, or it ended over two days ago. */
  session(id: SessionId): Promise<StoredSession | undefined>
  /** The sessions that have not ended, the soonest first. */
  living(): Promise<readonly StoredSession[]>
}

const all = 'all'
const endedForMs = 60_000

/**
 * Answers from two snapshots that hold every session a buyer can ask about: the living ones, read once a
 * second while somebody asks, and those that ended lately, read once a minute. So an id that somebody made up
 * costs no statement, and no such id can displace a real one.
 */
export function createSessionBook({
  sql,
  events,
}: {
  sql: Sql
  events: Pick<Events, 'onOffer'>
}): SessionBook {
  let known: ReadonlySet<SessionId> = new Set()
  const ended = ttlCache(async () => byId(await recentlyEndedSessions(sql)), { forMs: endedForMs, most: 1 })
  const living = ttlCache(readLiving, { most: 1 })

  async function readLiving() {
    const list = await livingSessions(sql)
    const sessions = byId(list)
    for (const id of known) if (!sessions.has(id)) ended.forget(all) // It has ended since.
    known = new Set(sessions.keys())
    return { list, sessions }
  }

  events.onOffer((channel) => {
    const [, , sku] = channel.split(':')
    if (sku !== '') return // Pieces are back: those numbers may be a second old.
    living.forget(all)
    ended.forget(all)
  })

  async function session(id: SessionId): Promise<StoredSession | undefined> {
    return (await living.get(all)).sessions.get(id) ?? (await ended.get(all)).get(id)
  }

  return {
    session,
    async offer(key) {
      const found = await session(key.session)
      if (!found) return refuse('session_unknown', {})
      const offer = found.offers.find(({ sku }) => sku === key.sku)
      return offer ? { session: found, offer } : refuse('offer_unknown', key)
    },
    living: async () => (await living.get(all)).list,
  }
}

const byId = (sessions: readonly StoredSession[]): ReadonlyMap<SessionId, StoredSession> =>
  new Map(sessions.map((session) => [session.id, session]))

type SaleState = 'coming' | 'open' | 'paused' | 'ended'

/**
 * Where a session stands for a buyer. `paused`: by an operator, or its hour has come and its gates are not
 * loaded yet.
 */
export function saleState({ phase, paused, opensAt, endsAt }: StoredSession, now = Date.now()): SaleState {
  if (phase === 'ended' || now >= endsAt.getTime()) return 'ended'
  if (now < opensAt.getTime()) return 'coming'
  return paused || phase === 'planned' ? 'paused' : 'open'
}
