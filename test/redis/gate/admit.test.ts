import { describe, expect, it } from 'vitest'
import { keysOf } from '../../../redis/gate/keys.ts'
import { newBuyer, newTicket, places, type Sale, useGate } from './harness.ts'

describe.each(places)('joining on %s', (place) => {
  const { open } = useGate(place)

  it('admits a buyer, and says the place in the queue', async () => {
    const sale = await open({ left: 3 })
    const ticket = newTicket()
    expect(await sale.join(newBuyer(), { ticket })).toEqual({ answer: 'admitted', ticket, position: 1 })
    expect(await sale.admit()).toMatchObject({ position: 2 })
    expect(await sale.left()).toBe(1)
  })

  it('gives a double click and a lost answer the same ticket again', async () => {
    const sale = await open()
    const { buyer, ticket } = await sale.admit()
    expect(await sale.join(buyer)).toEqual({ answer: 'already_queued', ticket, position: 1 })
    expect(await sale.left()).toBe(9)
  })

  it('says how many are left when they are too few', async () => {
    const sale = await open({ left: 3, limit: 5 })
    expect(await sale.join(newBuyer(), { pieces: 4 })).toEqual({ answer: 'sold_out', left: 3 })
    await sale.admit(3)
    expect(await sale.join(newBuyer())).toEqual({ answer: 'sold_out', left: 0 })
  })

  it('opens and ends by its own clock', async () => {
    const hour = 3_600_000
    const early = await open({ opensAt: Date.now() + hour, endsAt: Date.now() + 2 * hour })
    expect(await early.join(newBuyer())).toEqual({
      answer: 'not_open',
      opensAt: expect.closeTo(Date.now() + hour, -5),
    })
    const late = await open({ endsAt: Date.now() - 1 })
    expect(await late.join(newBuyer())).toEqual({ answer: 'ended' })
  })

  it('knows nothing of an offer that was never loaded, or was removed', async () => {
    const sale = await open()
    const { buyer } = await sale.admit()
    await sale.gate.remove(sale.offer)
    expect(await sale.join(buyer)).toEqual({ answer: 'missing' })
    expect(await sale.left()).toBeUndefined()
    expect(await sale.gate.standing(sale.offer, buyer)).toBeUndefined()
  })

  describe('asks in this order', () => {
    const lastHour = { opensAt: Date.now() - 7_200_000, endsAt: Date.now() - 3_600_000 }
    const nextHour = { opensAt: Date.now() + 3_600_000, endsAt: Date.now() + 7_200_000 }
    const answerTo = async (sale: Sale, but: Parameters<Sale['join']>[1], buyer = newBuyer()) =>
      (await sale.join(buyer, but)).answer

    it('whether the buyer is in, before anything else', async () => {
      const sale = await open({ left: 1 })
      const { buyer } = await sale.admit()
      await sale.setTerms({ paused: true, ...lastHour })
      expect(await answerTo(sale, { token: 'spent' }, buyer)).toBe('already_queued')
    })

    it('whether it is paused, before the token', async () => {
      const sale = await open({ paused: true, ...nextHour })
      expect(await answerTo(sale, { token: 'made-up' })).toBe('paused')
    })

    it.each([
      ['not_open', nextHour],
      ['ended', lastHour],
    ])('for the token, before it says %s', async (then, hours) => {
      const sale = await open({ left: 0, ...hours })
      expect(await answerTo(sale, { token: 'made-up' })).toBe('bad_token')
      expect(await answerTo(sale, { pieces: 2 }), 'the hour comes before the limit and the stock').toBe(then)
    })

    it('what the buyer may have, before what is left', async () => {
      const sale = await open({ left: 0 })
      expect(await answerTo(sale, { pieces: 2 })).toBe('over_limit')
      expect(await answerTo(sale, { pieces: 1 })).toBe('sold_out')
    })
  })

  describe('the limit of a buyer', () => {
    it('counts pieces, whatever is paid', async () => {
      const sale = await open({ limit: 3 })
      expect(await sale.join(newBuyer(), { pieces: 4 })).toEqual({ answer: 'over_limit', limit: 3 })
      const first = await sale.admit(2)
      await sale.pay(first)
      expect(await sale.join(first.buyer, { pieces: 2 })).toEqual({ answer: 'over_limit', limit: 3 })
      const second = await sale.admit(1, first.buyer)
      expect(await sale.join(first.buyer)).toMatchObject({ answer: 'already_queued', ticket: second.ticket })
      await sale.pay(second)
      expect(await sale.join(first.buyer)).toEqual({ answer: 'already_bought' })
      expect(await sale.left()).toBe(7)
    })

    it('lets in again whoever gave back, and only for that', async () => {
      const sale = await open({ limit: 3 })
      const kept = await sale.admit(2)
      await sale.pay(kept)
      const returned = await sale.admit(1, kept.buyer)
      await sale.giveBack(returned)
      expect(await sale.join(kept.buyer, { pieces: 2 })).toEqual({ answer: 'over_limit', limit: 3 })
      expect(await sale.admit(1, kept.buyer)).toMatchObject({ position: 3 })
    })
  })

  describe('a token', () => {
    it('is spent by getting in, not by being refused', async () => {
      const sale = await open({ left: 1 })
      const buyer = newBuyer()
      const token = await sale.token(buyer)
      const { offer, gate } = sale
      await sale.setTerms({ paused: true })
      expect(await sale.join(buyer, { token })).toEqual({ answer: 'paused' })
      await sale.setTerms({ endsAt: Date.now() - 1 })
      expect(await sale.join(buyer, { token })).toEqual({ answer: 'ended' })
      await sale.setTerms({ opensAt: Date.now() + 60_000 })
      expect(await sale.join(buyer, { token })).toMatchObject({ answer: 'not_open' })
      await sale.setTerms({})
      expect(await sale.join(buyer, { token, pieces: 2 })).toMatchObject({ answer: 'over_limit' })
      await gate.takeQuota(offer, 'less', 1)
      expect(await sale.join(buyer, { token })).toMatchObject({ answer: 'sold_out' })
      await gate.addQuota(offer, { change: 'more', pieces: 1, epoch: 1 })
      const ticket = newTicket()
      expect(await sale.join(buyer, { token, ticket })).toMatchObject({ answer: 'admitted' })
      await sale.giveBack({ buyer, ticket })
      expect(await sale.join(buyer, { token })).toEqual({ answer: 'bad_token' })
    })

    it('is of one buyer and of one offer', async () => {
      const [sale, other] = [await open(), await open()]
      const buyer = newBuyer()
      const token = await sale.token(buyer)
      expect(await sale.join(newBuyer(), { token })).toEqual({ answer: 'bad_token' })
      expect(await other.join(buyer, { token })).toEqual({ answer: 'bad_token' })
      expect(await sale.join(buyer, { token: 'made-up' })).toEqual({ answer: 'bad_token' })
      expect(await sale.join(buyer, { token: '' })).toEqual({ answer: 'bad_token' })
      expect(await sale.join(buyer, { token })).toMatchObject({ answer: 'admitted' })
    })

    it.each([
      ['from now', -3_600_000],
      ['from the opening, when that is later', 3_600_000],
    ])('lasts a minute %s', async (_, opensIn) => {
      const sale = await open()
      const issued = Date.now()
      const opensAt = issued + opensIn
      const buyer = newBuyer()
      const { token, expiresAt } = await sale.gate.issueToken(sale.offer, buyer, opensAt)
      const answered = Date.now()
      const lasts = await sale.redis.pttl(keysOf(sale.offer).token(buyer, token))
      const passed = Date.now() - issued
      expect(expiresAt).toBeGreaterThanOrEqual(Math.max(issued, opensAt) + 60_000)
      expect(expiresAt).toBeLessThanOrEqual(Math.max(answered, opensAt) + 60_000)
      expect(lasts).toBeLessThanOrEqual(expiresAt - issued)
      expect(lasts).toBeGreaterThanOrEqual(expiresAt - answered - passed)
    })
  })
})
