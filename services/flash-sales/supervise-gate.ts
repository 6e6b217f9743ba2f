import type { OfferKey } from '../../domain/flash-sale.ts'
import type { FlashSaleDeps } from './deps.ts'
import { createGateLook } from './look-at-gate.ts'
import { releaseLeases, takeLeases } from './offer-lease.ts'
import { perOffer } from './per-offer.ts'
import { runningOffers } from './running-offers.ts'

export type GateSupervisor = {
  /**
   * One round: takes or renews the lease of every offer on sale that is free, and begins a look at each of
   * these that has none under way. Returns 0: there is always a pause until the next round.
   */
  look(): Promise<number>
  /** Resolves when no look is under way. */
  idle(): Promise<void>
  /** Finishes what is under way, begins nothing more, and lets other processes take over at once. */
  resign(): Promise<void>
}

/**
 * Supervises the gates, one process an offer at a time: renews each gate's lease, reconciles it with
 * PostgreSQL, and rebuilds it when it is not the one that was loaded. A round renews the leases in PostgreSQL
 * of all its offers and waits for none of them: a load that takes long keeps its lease, and a slow offer
 * delays no other.
 * @param name of the process, for its leases; unique
 */
export function createGateSupervisor(deps: FlashSaleDeps, name: string): GateSupervisor {
  const { look, forgetAllBut } = createGateLook(deps, name)
  const looks = perOffer({ log: deps.log, what: 'the look at a gate' }, async (offer: OfferKey) => {
    await look(offer)
    return 0
  })
  let resigned = false
  return {
    async look() {
      if (resigned) return 0
      const mine = await takeLeases(deps.sql, name, await runningOffers(deps.sql))
      forgetAllBut(mine)
      looks.start(mine)
      return 0
    },
    idle: looks.idle,
    async resign() {
      resigned = true
      await looks.stop()
      await releaseLeases(deps.sql, name)
    },
  }
}
