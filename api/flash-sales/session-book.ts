import { livingSessions, readSession, type StoredOffer, type StoredSession } from '../../db/reads/sessions.ts'
import type { Sql } from '../../db/types.ts'
import type { OfferKey } from '../../domain/flash-sale.ts'
import type { SessionId } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusals.ts'
import type { Events } from '../../runtime/container.ts'
import { ttlCache } from '../ttl-cache.ts'

/** Sessions with their offers, as PostgreSQL had them a second ago at the most; sooner when one was announced as changed. */
export type SessionBook = {
  /** An offer with its session. Refuses `session_unknown`, `offer_unknown`. */
  offer(key: OfferKey): Promise<{ session: StoredSession; offer: StoredOffer }>
  /** The sessions that have not ended, the soonest first. */
  living(): Promise<readonly StoredSession[]>
}

const all = 'all'

export function createSessionBook({
  sql,
  events,
}: {
  sql: Sql
  events: Pick<Events, 'onOffer'>
}): SessionBook {
  const single = ttlCache((session) => readSession(sql, session as SessionId)) // Asked for by `offer` alone.
  const living = ttlCache(() => livingSessions(sql), { most: 1 })
  events.onOffer((channel) => {
    const [, session = '', sku] = channel.split(':')
    if (sku !== '') return // Pieces are back: those numbers may be a second old.
    single.forget(session)
    living.forget(all)
  })
  return {
    async offer(key) {
      const session = await single.get(key.session)
      if (!session) return refuse('session_unknown', {})
      const offer = session.offers.find(({ sku }) => sku === key.sku)
      return offer ? { session, offer } : refuse('offer_unknown', key)
    },
    living: () => living.get(all),
  }
}

type SaleState = 'coming' | 'open' | 'paused' | 'ended'

/** Where a session stands for a buyer, whatever its gates do: `paused` is an operator's hand. */
export function saleState({ phase, paused, opensAt, endsAt }: StoredSession, now = Date.now()): SaleState {
  if (phase === 'ended' || now >= endsAt.getTime()) return 'ended'
  if (phase === 'planned' || now < opensAt.getTime()) return 'coming'
  return paused ? 'paused' : 'open'
}
