import { offerFigures } from '../../db/reads/figures.ts'
import { sampleGauges } from '../../runtime/sampled-metrics.ts'
import type { ConsumerDeps } from './deps.ts'

const gauges = {
  flash_sale_left: 'Pieces that the gate may still grant; -1: it has no such offer',
  flash_sale_queue_depth: 'Granted tickets that PostgreSQL does not have yet',
  flash_sale_queue_age_seconds: 'How long the oldest of these has been in the queue; 0: there is none',
  flash_sale_lease_age_seconds:
    'How long ago the gate’s lease was renewed: from 10 on it admits nobody; -1: it has no such offer',
  flash_sale_granted: 'Pieces of staged tickets that count',
  flash_sale_epoch: 'Which gate of the offer it is; it counts up at each rebuild',
}
type Figures = Record<keyof typeof gauges, number>

type FiguresDeps = Pick<ConsumerDeps, 'sql' | 'gate' | 'queue' | 'log'>

/** Every offer on sale, as gauges of this process. Every consumer shows the same: take the maximum. */
export function sampleOffers(deps: FiguresDeps, everyMs?: number): void {
  const names = Object.keys(gauges) as (keyof Figures)[] // Its keys, by its type.
  sampleGauges(
    names.map((name) => ({ name, help: gauges[name], labels: ['session', 'sku'] })),
    async () => {
      const offers = await offerFigures(deps.sql)
      const seen = await Promise.all(
        offers.map(async (offer) => ({
          labels: { session: offer.session, sku: offer.sku },
          figures: await figuresOf(deps, offer),
        })),
      )
      const samplesOf = (name: keyof Figures) =>
        seen.map(({ labels, figures }) => ({ labels, value: figures[name] }))
      return Object.fromEntries(names.map((name) => [name, samplesOf(name)]))
    },
    {
      ...(everyMs === undefined ? {} : { everyMs }),
      warn: (error) => deps.log.warn({ error }, 'the figures of the flash sales could not be read'),
    },
  )
}

type Offer = Awaited<ReturnType<typeof offerFigures>>[number]

async function figuresOf({ gate, queue }: FiguresDeps, offer: Offer): Promise<Figures> {
  const [vitals, depth, oldestMs] = await Promise.all([
    gate.vitals(offer),
    queue.length(offer),
    queue.oldestMs(offer),
  ])
  return {
    flash_sale_left: vitals?.left ?? -1,
    flash_sale_queue_depth: depth,
    flash_sale_queue_age_seconds: oldestMs / 1000,
    flash_sale_lease_age_seconds: vitals === undefined ? -1 : vitals.leaseAgeMs / 1000,
    flash_sale_granted: offer.granted,
    flash_sale_epoch: offer.epoch,
  }
}
