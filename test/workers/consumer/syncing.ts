import type { OfferKey, TicketId } from '../../../domain/flash-sale.ts'
import { loadEpoch } from '../../../services/flash-sales/load-gate.ts'
import { stageEntries } from '../../../services/flash-sales/stage-tickets.ts'
import { syncGate } from '../../../services/flash-sales/sync-gate.ts'
import { placeInOneTransaction } from '../../../services/orders/place.ts'
import type { ConsumerDeps } from '../../../workers/consumer/deps.ts'
import type { Joiner } from '../../support/flash-sale.ts'
import { minted } from '../../support/gate-load.ts'
import { flashOrder } from '../../support/tickets.ts'
import type { ConsumerHarness } from './harness.ts'

/** What files begin with that follow what the gate gets to know of orders. */
export const syncing = (harness: ConsumerHarness) => ({
  /** An offer of five pieces, two of which are an order's that waits for its payment. */
  async ordered(): Promise<{ offer: OfferKey; ticket: TicketId; buyer: Joiner }> {
    const offer = await harness.open(5)
    const buyer = await harness.shop.buyer()
    const ticket = await harness.admitted(offer, { buyer, pieces: 2 })
    await stageEntries(harness.deps, offer, await harness.read(offer))
    await placeInOneTransaction(harness.sql, await flashOrder(harness.sql, ticket), 'run')
    return { offer, ticket, buyer }
  },
  /** Syncs a second later. */
  async later(deps: ConsumerDeps = harness.deps) {
    await harness.sql`UPDATE tickets SET sync_at = now() WHERE sync IS NOT NULL`
    return await syncGate(deps)
  },
  mint: (offer: OfferKey) => minted(harness.sql, offer),
  load: (offer: OfferKey, epoch: number) => loadEpoch(harness.deps, offer, epoch),
  left: (offer: OfferKey) => harness.deps.gate.left(offer),
})
