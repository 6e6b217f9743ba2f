import { offerFigures } from '../../db/reads/figures.ts'
import { sampleGauges } from '../../runtime/metrics.ts'
import type { ConsumerDeps } from './deps.ts'

const labels = ['session', 'sku']

/** Every offer on sale, as gauges of this process. Every consumer shows the same: take the maximum. */
export function sampleOffers({
  sql,
  gate,
  queue,
  log,
}: Pick<ConsumerDeps, 'sql' | 'gate' | 'queue' | 'log'>): void {
  sampleGauges(
    [
      {
        name: 'flash_sale_left',
        help: 'Pieces that the gate may still grant; -1: it has no such offer',
        labels,
      },
      { name: 'flash_sale_queue_depth', help: 'Granted tickets that PostgreSQL does not have yet', labels },
      { name: 'flash_sale_granted', help: 'Pieces of staged tickets that count', labels },
      {
        name: 'flash_sale_epoch',
        help: 'Which gate of the offer it is; it counts up at each rebuild',
        labels,
      },
    ],
    async () => {
      const offers = await offerFigures(sql)
      const seen = await Promise.all(
        offers.map(async (offer) => {
          const of = { session: offer.session, sku: offer.sku }
          const [left, depth] = await Promise.all([gate.left(offer), queue.length(offer)])
          const value = (amount: number) => ({ labels: of, value: amount })
          return {
            flash_sale_left: value(left ?? -1),
            flash_sale_queue_depth: value(depth),
            flash_sale_granted: value(offer.granted),
            flash_sale_epoch: value(offer.epoch),
          }
        }),
      )
      return {
        flash_sale_left: seen.map((one) => one.flash_sale_left),
        flash_sale_queue_depth: seen.map((one) => one.flash_sale_queue_depth),
        flash_sale_granted: seen.map((one) => one.flash_sale_granted),
        flash_sale_epoch: seen.map((one) => one.flash_sale_epoch),
      }
    },
    { warn: (error) => log.warn({ error }, 'the figures of the flash sales could not be read') },
  )
}
