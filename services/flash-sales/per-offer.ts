import type { Logger } from 'pino'
import type { OfferKey } from '../../domain/flash-sale.ts'
import { nameOf } from './running-offers.ts'

/** Work on offers, one run an offer at a time, each offer's on its own. */
export type PerOffer = {
  /** Begins a run for each of these that has none under way. Not waited for: a slow offer delays no other. */
  start(offers: readonly OfferKey[]): void
  /** Resolves when no run is under way. */
  idle(): Promise<void>
  /** Lets no run repeat itself any more, and resolves when none is under way. */
  stop(): Promise<void>
}

/**
 * Runs `work` for offers. A run repeats itself as long as the work finds something (a number above 0); a
 * fault ends it, is logged, and the next `start` tries again.
 */
export function perOffer(
  { log, what }: { log: Logger; what: string },
  work: (offer: OfferKey) => Promise<number>,
): PerOffer {
  const underway = new Map<string, Promise<void>>()
  let stopped = false

  async function run(offer: OfferKey): Promise<void> {
    try {
      while ((await work(offer)) > 0 && !stopped);
    } catch (error) {
      log.warn({ error, session: offer.session, sku: offer.sku }, `${what} failed and is tried again`)
    }
  }

  async function idle(): Promise<void> {
    while (underway.size > 0) await Promise.all(underway.values())
  }

  return {
    start(offers) {
      if (stopped) return
      for (const offer of offers) {
        const name = nameOf(offer)
        if (underway.has(name)) continue
        underway.set(
          name,
          run(offer).finally(() => underway.delete(name)),
        )
      }
    },
    idle,
    async stop() {
      stopped = true
      await idle()
    },
  }
}
