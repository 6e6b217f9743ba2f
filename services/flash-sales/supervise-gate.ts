import { keysOf } from '../../redis/gate/keys.ts'
import { raiseAttention } from '../operations/attention.ts'
import type { FlashSaleDeps } from './deps.ts'
import { loadOffer } from './load-gate.ts'
import { type RunningOffer, runningOffers } from './running-offers.ts'
import { stageEntries } from './stage-tickets.ts'

/** A difference that is the same so many looks in a row is no matter of timing, unless a dead consumer has staged tickets and not acknowledged them. */
const lasting = 5
/** One that is still the same so many looks after that has been ruled out is real. */
const real = lasting + 2
const batch = 500

/**
 * Looks after the gates, one process at a time: renews each lease; rebuilds a gate that is not the one that was loaded (a restart, a flush, a
 * failover, an older file); and sees that no piece appears or disappears: quota = left + queued + granted.
 */
export function createGateSupervisor(deps: FlashSaleDeps, name: string) {
  const { sql, gate, log } = deps
  const differences = new Map<string, { pieces: number; seen: number }>()

  async function lookAfter(offer: RunningOffer): Promise<void> {
    const { session, sku, epoch } = offer
    const answer = await gate.renew(offer, epoch)
    if (answer.is === 'newer') return
    if (answer.is === 'lost') {
      log.warn({ session, sku, epoch }, 'the gate is not the one that was loaded: it is rebuilt')
      await rebuild(offer)
      return
    }
    const pieces = offer.quota - answer.left - answer.queued - offer.granted
    const key = keysOf(offer).offer
    const before = differences.get(key)
    if (pieces === 0 || offer.pending > 0) {
      differences.delete(key)
      return
    }
    const seen = before?.pieces === pieces ? before.seen + 1 : 1
    differences.set(key, { pieces, seen })
    if (seen === lasting) await stageAll(deps, offer, name)
    if (seen < real) return
    differences.delete(key)
    await recount(offer, {
      difference: pieces,
      left: answer.left,
      queued: answer.queued,
      granted: offer.granted,
      quota: offer.quota,
    })
  }

  /** Stages what the queue still holds, then loads the next epoch. */
  async function rebuild(offer: RunningOffer): Promise<void> {
    await stageAll(deps, offer, name)
    await loadOffer(sql, gate, offer)
    differences.delete(keysOf(offer).offer)
  }

  async function recount(offer: RunningOffer, counts: Record<string, number>): Promise<void> {
    log.error(
      { session: offer.session, sku: offer.sku, ...counts },
      'pieces do not add up: the gate is paused and counted again',
    )
    const details = Object.fromEntries(Object.entries(counts).map(([what, pieces]) => [what, String(pieces)]))
    await raiseAttention(sql, {
      reason: 'gate_recounted',
      subject: `${offer.session} ${offer.sku}`,
      details,
    })
    const [times] = await sql<{ opensAt: Date; endsAt: Date }[]>`
      SELECT opens_at AS "opensAt", ends_at AS "endsAt" FROM sessions WHERE id = ${offer.session}`
    if (times)
      await gate.setPhase(offer, offer.epoch, {
        paused: true,
        opensAt: times.opensAt.getTime(),
        endsAt: times.endsAt.getTime(),
      })
    await rebuild(offer)
  }

  return {
    /** One look at every gate, if this process is the supervisor. Answers 0: there is always a pause until the next. */
    async look(): Promise<number> {
      if (!(await holdsLease(deps, name))) {
        differences.clear()
        return 0
      }
      const offers = await runningOffers(sql)
      await Promise.all(
        offers.map((offer) =>
          lookAfter(offer).catch((error) =>
            log.warn({ error, session: offer.session, sku: offer.sku }, 'a gate cannot be looked after now'),
          ),
        ),
      )
      return 0
    },
    /** Lets another process keep at once. */
    async resign(): Promise<void> {
      await sql`DELETE FROM leases WHERE name = 'supervisor' AND holder = ${name}`
    },
  }
}

/** Stages everything that the queue holds, whoever has read it. */
async function stageAll(deps: FlashSaleDeps, offer: RunningOffer, name: string): Promise<void> {
  for (;;) {
    const lying = await deps.queue.takeOver(offer, name, batch, 0)
    const entries = lying.length > 0 ? lying : await deps.queue.read(offer, name, batch)
    if (entries.length === 0) return
    await stageEntries(deps, offer, entries)
  }
}

async function holdsLease({ sql }: FlashSaleDeps, holder: string): Promise<boolean> {
  const held = await sql`
    INSERT INTO leases (name, holder, leased_until) VALUES ('supervisor', ${holder}, now() + interval '5 seconds')
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, leased_until = excluded.leased_until
      WHERE leases.holder = excluded.holder OR leases.leased_until <= now()`
  return held.count === 1
}
