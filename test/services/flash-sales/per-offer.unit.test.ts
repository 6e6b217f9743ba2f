import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import type { OfferKey } from '../../../domain/flash-sale.ts'
import type { SessionId, SkuId } from '../../../domain/ids.ts'
import { perOffer } from '../../../services/flash-sales/per-offer.ts'
import { isReadable } from '../../../services/flash-sales/unreadable-entries.ts'
import { gate } from '../../support/gates.ts'

const offer = (sku: string): OfferKey => ({ session: '2019052614' as SessionId, sku: sku as SkuId }) // Any ids.
const [one, other] = [offer('1'), offer('2')]
function watched(work: (offer: OfferKey) => Promise<number>) {
  const lines: { msg: string; sku: string; level: number }[] = []
  const log = pino({}, { write: (line) => lines.push(JSON.parse(line)) })
  return { lines, runs: perOffer({ log, what: 'staging' }, work) }
}

describe('work on offers', () => {
  it('has one run an offer at a time, and no offer waits for another', async () => {
    const [slow, begun] = [gate(), [] as string[]]
    const { runs } = watched(async ({ sku }) => {
      begun.push(sku)
      if (sku === '1') await slow.opened
      return 0
    })
    runs.start([one, other])
    runs.start([one])
    await new Promise((resolve) => setImmediate(resolve))
    runs.start([one, other])
    slow.open()
    await runs.idle()
    expect(begun).toEqual(['1', '2', '2'])
    runs.start([one])
    await runs.idle()
    expect(begun.at(-1)).toBe('1')
  })

  it('repeats itself as long as it finds something', async () => {
    const found = [3, 1, 0, 9]
    const { runs } = watched(async () => found.shift() ?? 0)
    runs.start([one])
    await runs.idle()
    expect(found).toEqual([9])
  })

  it('is tried again after a fault, which is logged with its offer', async () => {
    let tried = 0
    const { runs, lines } = watched(async () => {
      if (++tried === 1) throw new Error('Redis is away')
      return 0
    })
    runs.start([one])
    await runs.idle()
    expect(lines).toEqual([
      expect.objectContaining({
        ...{ level: 40, session: '2019052614', sku: '1', msg: 'staging failed and is tried again' },
      }),
    ])
    runs.start([one])
    await runs.idle()
    expect(tried).toBe(2)
  })

  it('ends with the run under way when it is stopped, and begins no other', async () => {
    const [busy, begun] = [gate(), [] as string[]]
    const { runs } = watched(async ({ sku }) => {
      begun.push(sku)
      await busy.opened
      return 1
    })
    runs.start([one])
    const stopped = runs.stop()
    runs.start([other])
    busy.open()
    await stopped
    expect(begun).toEqual(['1'])
  })
})

describe('an entry of the queue', () => {
  const entry = {
    ...{ entry: '1-0', ticket: '9', buyer: '5', address: '7', pieces: 1, seq: 0, epoch: 1 },
  } as Parameters<typeof isReadable>[0] // Any ids.

  it.each([
    ['as the gate wrote it', {}, true],
    ['with as many pieces as a line may have', { pieces: 999 }, true],
    ['with the last sequence that a column holds', { seq: 2 ** 31 - 1 }, true],
    ['with no piece', { pieces: 0 }, false],
    ['with too many pieces', { pieces: 1000 }, false],
    ['with half a piece', { pieces: 1.5 }, false],
    ['with a sequence below zero', { seq: -1 }, false],
    ['with a sequence beyond its column', { seq: 2 ** 31 }, false],
    ['without an epoch', { epoch: Number.NaN }, false],
    ['with a ticket that is no id', { ticket: 'x' }, false],
    ['with a buyer who is none', { buyer: '' }, false],
    ['with an address that is none', { address: '0' }, false],
  ])('%s (%j) is readable: %s', (_, but, readable) => {
    expect(isReadable({ ...entry, ...but } as typeof entry)).toBe(readable)
  })
})
