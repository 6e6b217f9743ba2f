import type { OfferKey } from '../../domain/flash-sale.ts'
import type { AttentionReason } from '../operations/attention.ts'
import { raiseAttention } from '../operations/attention.ts'
import type { FlashSaleDeps } from './deps.ts'
import { loadEpoch, mintEpoch } from './load-gate.ts'
import { type OfferLook, readLook } from './read-look.ts'
import { nameOf } from './running-offers.ts'
import { stageEntries } from './stage-tickets.ts'

/**
 * A difference that is the same so many looks in a row does not come from reading two stores one after the
 * other. A dead consumer may still have staged tickets and not acknowledged them: the queue is staged then.
 */
const lasting = 5
/** One that is still the same so many looks after that is real. */
const real = lasting + 2
const batch = 500

type Counts = { left: number; queued: number }

/**
 * Looks at gates: everything that Redis and PostgreSQL both hold about an offer is compared, and made right.
 * @param name of the process, as a consumer of the queues
 */
export function createGateLook(deps: FlashSaleDeps, name: string) {
  const { sql, gate, log } = deps
  const differences = new Map<string, { pieces: number; seen: number }>()

  /** One look. Throws when a store does not answer; nothing is concluded then. */
  async function look(offer: OfferKey): Promise<void> {
    let counts = await readLook(sql, offer)
    if (!counts) return
    let found = await gate.renew(offer, counts.epoch, counts)
    if (found.is === 'terms_newer') {
      // A gate learns of terms after PostgreSQL has them. Read again, older ones are those of a restored
      // PostgreSQL.
      counts = await readLook(sql, offer)
      if (!counts) return
      found = await gate.renew(offer, counts.epoch, { ...counts, force: true })
    }
    const about = { session: offer.session, sku: offer.sku, epoch: counts.epoch }
    switch (found.is) {
      case 'renewed':
        return await compare(offer, counts, found)
      case 'lost':
        if (counts.epoch > 0) log.warn(about, 'the gate is not the one that was loaded: it is rebuilt')
        return await rebuild(offer, { seen: counts.epoch })
      case 'newer':
        log.warn({ ...about, gate: found.epoch }, 'the gate is newer than PostgreSQL: it is rebuilt')
        return await rebuild(offer, { seen: counts.epoch, above: found.epoch })
      case 'queue_lost':
        log.error({ ...about, missing: found.missing }, 'the queue has lost tickets: the gate is rebuilt')
        await report(offer, 'gate_queue_lost', { missing: found.missing })
        return await rebuild(offer, { seen: counts.epoch })
      case 'terms_newer':
        return // Not after `force`.
    }
  }

  /** Conservation: quota = left + queued + granted. */
  async function compare(offer: OfferKey, counts: OfferLook, { left, queued }: Counts): Promise<void> {
    const { quota, granted, pending, epoch } = counts
    const pieces = quota - left - queued - granted
    const key = nameOf(offer)
    if (pieces === 0 || pending) {
      differences.delete(key)
      return
    }
    const before = differences.get(key)
    const seen = before?.pieces === pieces ? before.seen + 1 : 1
    differences.set(key, { pieces, seen })
    if (seen === lasting) await stageAll(deps, offer, name)
    if (seen < real) return
    const figures = { difference: pieces, left, queued, granted, quota }
    log.error(
      { session: offer.session, sku: offer.sku, ...figures },
      'pieces do not add up: they are recounted',
    )
    await report(offer, 'gate_recounted', figures)
    await rebuild(offer, { seen: epoch })
  }

  /** Holds what gate there is, stages what its queue holds, then mints the next epoch and loads it. */
  async function rebuild(offer: OfferKey, epochs: { seen: number; above?: number }): Promise<void> {
    await gate.hold(offer)
    await stageAll(deps, offer, name)
    const epoch = await mintEpoch(sql, offer, epochs)
    if (epoch === undefined) return // PostgreSQL has left it: the next look sees how.
    const loaded = await loadEpoch(deps, offer, epoch)
    differences.delete(nameOf(offer))
    if (loaded !== 'loaded')
      log.warn({ session: offer.session, sku: offer.sku, epoch, loaded }, 'a load came to nothing')
  }

  async function report(
    offer: OfferKey,
    reason: AttentionReason,
    figures: Record<string, number>,
  ): Promise<void> {
    const details = Object.fromEntries(Object.entries(figures).map(([what, count]) => [what, String(count)]))
    await raiseAttention(sql, { reason, subject: nameOf(offer), details })
  }

  return {
    look,
    /** Forgets differences of offers that are another process's now. */
    forgetAllBut(offers: readonly OfferKey[]): void {
      const names = new Set(offers.map(nameOf))
      for (const known of differences.keys()) if (!names.has(known)) differences.delete(known)
    },
  }
}

/** Stages everything that the queue holds, whoever has read it. */
async function stageAll(deps: FlashSaleDeps, offer: OfferKey, name: string): Promise<void> {
  for (;;) {
    const unacknowledged = await deps.queue.takeOver(offer, name, { most: batch, afterMs: 0 })
    const entries = unacknowledged.length > 0 ? unacknowledged : await deps.queue.read(offer, name, batch)
    if (entries.length === 0) return
    await stageEntries(deps, offer, entries)
  }
}
