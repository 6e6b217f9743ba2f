import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { OfferKey } from '../../../../domain/flash-sale.ts'
import type { Gate } from '../../../../redis/gate/gate.ts'
import { loadEpoch } from '../../../../services/flash-sales/load-gate.ts'
import { preheat } from '../../../../services/flash-sales/preheat.ts'
import { changeQuota } from '../../../../services/flash-sales/quota.ts'
import { stageEntries } from '../../../../services/flash-sales/stage-tickets.ts'
import { minted, reload } from '../../../support/gate-load.ts'
import { audited } from '../../../support/use-shop.ts'
import { newChange, sessionHarness } from './harness.ts'

const harness = await audited(sessionHarness())

/** An open offer of five pieces, ten more on the shelf, of which one is granted and another in the queue. */
async function open(): Promise<OfferKey> {
  const { input, offer } = await harness.plan({ quota: 5, stock: 15 })
  await preheat(harness.deps, input.session)
  await harness.admitted(offer)
  await stageEntries(harness.deps, offer, await harness.read(offer))
  await harness.admitted(offer)
  return offer
}
type Change = { quota: number; change: string; gate?: Gate }
const to = ({ session, sku }: OfferKey, { quota, change, gate = harness.deps.gate }: Change) =>
  changeQuota({ sql: harness.sql, gate }, session, { sku, quota, change })

/** As the supervisor rebuilds: what is queued is staged first. */
async function rebuild(offer: OfferKey): Promise<void> {
  await stageEntries(harness.deps, offer, await harness.read(offer))
  await reload(harness.sql, harness.deps.gate, offer)
}

type Before = (offer: OfferKey) => Promise<unknown>
/** The gate, to which something happens before and after a change of its pieces. */
const gateWith = ({
  before = async () => {},
  after = async () => {},
}: {
  before?: Before
  after?: Before
}): Gate => {
  const around =
    <A extends unknown[], T>(work: (offer: OfferKey, ...args: A) => Promise<T>) =>
    async (offer: OfferKey, ...args: A): Promise<T> => {
      await before(offer)
      const result = await work(offer, ...args)
      await after(offer)
      return result
    }
  return {
    ...harness.deps.gate,
    addQuota: around(harness.deps.gate.addQuota),
    takeQuota: around(harness.deps.gate.takeQuota),
  }
}
const dies = () => Promise.reject(new Error('the worker dies'))

const directions = [
  ['up', 9],
  ['down', 3],
] as const

describe.each(directions)('a change %s whose worker dies', (_, quota) => {
  const counted = async (offer: OfferKey) => {
    await harness.conserved(offer)
    expect(await harness.pieces(offer)).toMatchObject({ quota, shelf: 15 - quota })
  }

  it.each([
    ['before the gate is changed', { before: dies }],
    ['after the gate was changed', { after: dies }],
  ])('%s is finished by its repetition, and counts once', async (_, halfway) => {
    const [offer, change] = [await open(), newChange()]
    await expect(to(offer, { quota, change, gate: gateWith(halfway) })).rejects.toThrow('dies')
    for (let i = 0; i < 2; i++) await to(offer, { quota, change })
    await counted(offer)
  })

  it.each([
    ['before the gate is changed', { before: dies }],
    ['after the gate was changed', { after: dies }],
  ])('%s counts once also when the gate is rebuilt before its repetition', async (_, halfway) => {
    const [offer, change] = [await open(), newChange()]
    await expect(to(offer, { quota, change, gate: gateWith(halfway) })).rejects.toThrow('dies')
    await rebuild(offer)
    for (let i = 0; i < 2; i++) await to(offer, { quota, change })
    await counted(offer)
    await rebuild(offer)
    await counted(offer)
  })
})

describe.each(directions)('a change %s', (_, quota) => {
  it.each<[string, (happens: Before) => Parameters<typeof gateWith>[0]]>([
    ['just before', (before) => ({ before })],
    ['just after', (after) => ({ after })],
  ])('counts once when the gate is rebuilt %s it learns of it', async (_, when) => {
    const [offer, change] = [await open(), newChange()]
    await to(offer, { quota, change, gate: gateWith(when(rebuild)) }).catch((error: Error) =>
      expect(error.message).toMatch('changed meanwhile'),
    )
    await to(offer, { quota, change })
    await harness.conserved(offer)
    expect(await harness.pieces(offer)).toMatchObject({ quota, shelf: 15 - quota })
  })

  it('waits for a gate that is being rebuilt', async () => {
    const [offer, change] = [await open(), newChange()]
    await stageEntries(harness.deps, offer, await harness.read(offer))
    const epoch = await minted(harness.sql, offer)
    for (let i = 0; i < 2; i++)
      await expect(to(offer, { quota, change })).rejects.toThrow(/still to be loaded|changed meanwhile/)
    await loadEpoch(harness.deps, offer, epoch)
    await to(offer, { quota, change })
    await harness.conserved(offer)
    expect(await harness.pieces(offer)).toMatchObject({ quota, shelf: 15 - quota })
  })

  it('waits for a gate that was lost', async () => {
    const [offer, change] = [await open(), newChange()]
    await stageEntries(harness.deps, offer, await harness.read(offer))
    await harness.deps.gate.remove(offer)
    for (let i = 0; i < 2; i++)
      await expect(to(offer, { quota, change })).rejects.toThrow('still to be loaded')
    await rebuild(offer)
    await to(offer, { quota, change })
    await harness.conserved(offer)
    expect(await harness.pieces(offer)).toMatchObject({ quota, shelf: 15 - quota })
  })
})

describe('whatever changes there are, in whichever order, and wherever each is broken off, given up, repeated, and the gate rebuilt', () => {
  const mishaps = { dies, rebuild, join: (offer: OfferKey) => harness.answer(offer), nothing: async () => {} }
  type Mishap = keyof typeof mishaps
  type Step = { change: number; tries: { before: Mishap; after: Mishap }[]; givenUp: boolean }
  const mishap = fc.constantFrom(...(Object.keys(mishaps) as Mishap[]))
  const tries = fc.array(fc.record({ before: mishap, after: mishap }), { maxLength: 2 })
  const steps = fc.array(fc.record({ change: fc.nat({ max: 2 }), tries, givenUp: fc.boolean() }), {
    minLength: 1,
    maxLength: 5,
  })
  const quotas = fc.tuple(...Array.from({ length: 3 }, () => fc.integer({ min: 0, max: 16 })))

  async function play(quotas: readonly number[], steps: readonly Step[]): Promise<void> {
    const [offer, ids] = [await open(), quotas.map(newChange)]
    for (const { change, tries, givenUp } of steps) {
      const [quota, id] = [quotas[change] ?? 0, ids[change] ?? '']
      const known =
        (
          await harness.sql`
            SELECT 1
            FROM offer_changes
            WHERE session_id = ${offer.session} AND change = ${id}`
        ).count > 0
      const before = await harness.pieces(offer)
      for (const { before, after } of tries)
        await to(offer, {
          quota,
          change: id,
          gate: gateWith({ before: mishaps[before], after: mishaps[after] }),
        }).catch(() => {})
      if (!givenUp)
        await ends(
          offer,
          { quota, change: id },
          { before: before.quota, after: known ? before.quota : quota },
        )
      const { quota: now, shelf } = await harness.pieces(offer)
      expect(now + shelf).toBe(15)
      expect(await harness.counted(offer), 'the gate never has more than there is').toBeLessThanOrEqual(now)
      if (steps.every((step) => !step.givenUp)) await harness.conserved(offer)
    }
    await rebuild(offer)
    await harness.conserved(offer)
  }
  /** Asks for it once more; a refused one leaves everything as it was before. */
  async function ends(
    offer: OfferKey,
    request: { quota: number; change: string },
    { before, after }: { before: number; after: number },
  ): Promise<void> {
    const error: unknown = await to(offer, request).catch((error: unknown) => error)
    if (error !== undefined)
      expect(error).toMatchObject({
        refusal: { code: expect.stringMatching(/^quota_(short|below_granted)$/) },
      })
    expect((await harness.pieces(offer)).quota).toBe(error === undefined ? after : before)
  }

  it('no piece appears or disappears', { timeout: 120_000 }, () =>
    fc.assert(fc.asyncProperty(quotas, steps, play), { numRuns: 60 }),
  )
})
