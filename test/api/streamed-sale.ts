import { afterAll } from 'vitest'
import { createTicketStreams, type TicketStreams } from '../../api/flash-sales/ticket-streams.ts'
import type { TicketId } from '../../domain/flash-sale.ts'
import { startHarness } from './harness.ts'
import { openSale, type Shopper } from './sale.ts'
import { listenTo } from './ticket-events.ts'

/** A flash sale whose event streams a test file follows: three a buyer at the most, twenty in all. */
export async function streamedSale() {
  let streams: TicketStreams | undefined
  const harness = await startHarness(({ events, log }) => {
    streams = createTicketStreams({ events, log, perBuyer: 3, most: 20 })
    return { streams }
  })
  afterAll(() => harness.close())
  if (!streams) throw new Error('the harness has asked for no streams')
  const sale = await openSale(harness, { quota: 100 })
  return {
    ...{ harness, sale, streams },
    listen: (who: Shopper, from: { ticket?: string; lastEventId?: string } = {}) =>
      listenTo(`${harness.url}${sale.path}/tickets/mine/events`, { token: who.token, ...from }),
    /** A new buyer with a ticket in the queue. */
    async queued(): Promise<{ who: Shopper; ticket: TicketId }> {
      const who = await sale.shopper()
      return { who, ticket: await sale.admitted(who) }
    },
  }
}
