import { expect, it } from 'vitest'
import type { OfferKey, TicketId } from '../../../domain/flash-sale.ts'
import type { SessionId, SkuId } from '../../../domain/ids.ts'
import type { Gate } from '../../../redis/gate/gate.ts'
import { resumeSale, shedSale, stopSale } from '../../../services/flash-sales/brakes.ts'
import { endSession } from '../../../services/flash-sales/end-session.ts'
import { preheat } from '../../../services/flash-sales/preheat.ts'
import { join, planSession } from '../../support/flash-sale.ts'
import { useRedis, useShop } from '../../support/use-shop.ts'

const { sql, shop } = await useShop()
const { gate } = useRedis()

/** A session of two offers that is open. Nothing of Temporal runs in this file. */
async function open(): Promise<[OfferKey, OfferKey]> {
  const skus = [await shop.sku({ 1: 300 }), await shop.sku({ 1: 300 })] as const
  const { session } = await planSession(sql, { offers: skus.map((sku) => ({ sku, quota: 300 })) })
  await preheat({ sql, gate }, session)
  return [
    { session, sku: skus[0] },
    { session, sku: skus[1] },
  ]
}
const answer = async (offer: OfferKey) =>
  // A fresh snowflake.
  (await join(gate, offer, { buyer: await shop.buyer(), ticket: shop.ids.next() as TicketId })).answer
const answers = async (...offers: OfferKey[]) => Promise.all(offers.map(answer))

it('a sale is stopped and resumed at once, without Temporal: a session, or one offer of it', async () => {
  const [one, other] = await open()
  const { session } = one
  expect(await stopSale({ sql, gate }, { session })).toEqual({ offers: [one.sku, other.sku], pending: [] })
  expect(await answers(one, other)).toEqual(['paused', 'paused'])
  await resumeSale({ sql, gate }, { session })
  expect(await answers(one, other)).toEqual(['admitted', 'admitted'])
  expect(await stopSale({ sql, gate }, one)).toEqual({ offers: [one.sku], pending: [] })
  expect(await answers(one, other)).toEqual(['paused', 'admitted'])
  await resumeSale({ sql, gate }, { session })
  expect(await answer(one), 'its own brake is still on').toBe('paused')
  await resumeSale({ sql, gate }, one)
  expect(await answer(one)).toBe('admitted')
})

it('who has a ticket gets it again while the sale is stopped', async () => {
  const [offer] = await open()
  const [buyer, ticket] = [await shop.buyer(), shop.ids.next() as TicketId]
  await join(gate, offer, { buyer, ticket })
  await stopSale({ sql, gate }, offer)
  await shedSale({ sql, gate }, offer, 100)
  expect(await join(gate, offer, { buyer, ticket: shop.ids.next() as TicketId })).toMatchObject({
    answer: 'already_queued',
    ticket,
  })
})

it('about so many of a hundred tokens are refused, and the same ones again', async () => {
  const [offer] = await open()
  await shedSale({ sql, gate }, { session: offer.session }, 40)
  const buyers = await Promise.all(Array.from({ length: 200 }, () => shop.buyer()))
  const joins = await Promise.all(
    buyers.map(async ({ id, addressId }) => {
      const { token } = await gate.issueToken(offer, id, 0)
      return { buyer: id, pieces: 1, address: addressId, token, ticket: shop.ids.next() as TicketId }
    }),
  )
  const ask = () => Promise.all(joins.map(async (join) => (await gate.admit(offer, join)).answer))
  const first = await ask()
  const refused = first.filter((answer) => answer === 'paused').length
  expect(refused).toBeGreaterThan(40)
  expect(refused).toBeLessThan(120)
  expect(await ask()).toEqual(first.map((answer) => (answer === 'paused' ? answer : 'already_queued')))
  await shedSale({ sql, gate }, { session: offer.session }, 0)
  expect(new Set(await ask())).toEqual(new Set(['admitted', 'already_queued']))
})

it('an older decision that reaches the gate late does not replace a newer one', async () => {
  const [offer] = await open()
  let late = async () => {}
  const slow: Gate = {
    ...gate,
    setTerms: async (...args) => {
      late = async () => void (await gate.setTerms(...args))
      return 'same'
    },
  }
  await stopSale({ sql, gate: slow }, offer)
  await resumeSale({ sql, gate }, offer)
  await late()
  expect(await answer(offer)).toBe('admitted')
})

it('a gate that does not answer is named, and PostgreSQL has the decision', async () => {
  const [one, other] = await open()
  const away: Gate = { ...gate, setTerms: () => Promise.reject(new Error('Redis is away')) }
  expect(await stopSale({ sql, gate: away }, one)).toEqual({ offers: [one.sku], pending: [one.sku] })
  const paused = await sql`SELECT paused FROM offers WHERE session_id = ${one.session} ORDER BY sku_id`
  expect([...paused]).toEqual([{ paused: true }, { paused: false }])
  expect(await answer(other)).toBe('admitted')
})

it('what is unknown or has ended is refused', async () => {
  const [offer] = await open()
  const { session } = offer
  const refused = (code: string) => expect.objectContaining({ refusal: expect.objectContaining({ code }) })
  await expect(stopSale({ sql, gate }, { session: '1999010100' as SessionId })).rejects.toEqual(
    refused('session_unknown'),
  )
  await expect(shedSale({ sql, gate }, { session, sku: '1' as SkuId }, 5)).rejects.toEqual(
    refused('offer_unknown'),
  )
  await endSession(sql, session)
  await expect(resumeSale({ sql, gate }, offer)).rejects.toEqual(refused('session_ended'))
})
