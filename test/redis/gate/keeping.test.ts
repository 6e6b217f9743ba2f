import { describe, expect, it } from 'vitest'
import { keysOf } from '../../../redis/gate/keys.ts'
import { newBuyer, places, type Sale, useGate } from './harness.ts'

const answer = async (sale: Sale) => (await sale.join(newBuyer())).answer

describe.each(places)('what operators and the supervisor do to a gate on %s', (place) => {
  const { open } = useGate(place)

  describe('its lease', () => {
    it('admits nobody once it has run out, and goes on when it is renewed', async () => {
      const sale = await open()
      const won = await sale.admit(1)
      await sale.redis.hset(keysOf(sale.offer).offer, { lease: Date.now() - 60_000, seen: 0 })
      expect(await answer(sale)).toBe('paused')
      expect(await sale.join(won.buyer), 'who is in is in').toMatchObject({
        answer: 'already_queued',
        ticket: won.ticket,
      })
      expect(await sale.gate.renew(sale.offer, 1)).toEqual({ is: 'renewed', left: 9, queued: 1 })
      expect(await answer(sale)).toBe('admitted')
    })

    it('is not renewed for a supervisor of another epoch, nor where nothing was loaded', async () => {
      const sale = await open({ epoch: 3 })
      const lease = () => sale.redis.hget(keysOf(sale.offer).offer, 'lease')
      const before = await lease()
      expect(await sale.gate.renew(sale.offer, 2)).toEqual({ is: 'newer', epoch: 3 })
      expect(await sale.gate.renew(sale.offer, 4)).toEqual({ is: 'lost' })
      expect(await lease()).toBe(before)
      await sale.gate.remove(sale.offer)
      expect(await sale.gate.renew(sale.offer, 3)).toEqual({ is: 'lost' })
    })
  })

  describe('its phase', () => {
    it('pauses, resumes and ends', async () => {
      const sale = await open()
      expect(await sale.setTerms({ paused: true })).toBe('same')
      expect(await answer(sale)).toBe('paused')
      await sale.setTerms({})
      expect(await answer(sale)).toBe('admitted')
      await sale.setTerms({ endsAt: Date.now() - 1 })
      expect(await answer(sale)).toBe('ended')
      await sale.setTerms({ opensAt: Date.now() + 60_000 })
      expect(await answer(sale)).toBe('not_open')
    })

    it('is set at its own epoch only', async () => {
      const sale = await open({ epoch: 3 })
      expect(await sale.setTerms({ paused: true }, 2)).toBe('newer')
      expect(await sale.setTerms({ paused: true }, 4)).toBe('older')
      expect(await answer(sale)).toBe('admitted')
      await sale.gate.remove(sale.offer)
      expect(await sale.setTerms({ paused: true }, 3)).toBe('older')
      expect(await answer(sale), 'nothing is left behind').toBe('missing')
    })
  })

  describe('its quota', () => {
    it('grows once, however often it is signalled', async () => {
      const sale = await open()
      const words = await Promise.all(
        [1, 2, 3].map(() => sale.gate.addQuota(sale.offer, { change: 'more', pieces: 5, epoch: 1 })),
      )
      expect(words).toEqual(['same', 'same', 'same'])
      expect(await sale.left()).toBe(15)
      await sale.gate.addQuota(sale.offer, { change: 'still more', pieces: 5, epoch: 1 })
      expect(await sale.left()).toBe(20)
    })

    it('shrinks once, however often it is signalled', async () => {
      const sale = await open()
      const words = await Promise.all([1, 2, 3].map(() => sale.gate.takeQuota(sale.offer, 'less', 4)))
      expect(words).toEqual([1, 2, 3].map(() => ({ is: 'taken', epoch: 1 })))
      expect(await sale.left()).toBe(6)
    })

    it('shrinks whole or not at all, and may be tried again', async () => {
      const sale = await open({ left: 3 })
      const won = await sale.admit()
      expect(await sale.gate.takeQuota(sale.offer, 'less', 3)).toEqual({ is: 'short', left: 2 })
      expect(await sale.left()).toBe(2)
      await sale.giveBack(won)
      expect(await sale.gate.takeQuota(sale.offer, 'less', 3)).toEqual({ is: 'taken', epoch: 1 })
      expect(await sale.left()).toBe(0)
      expect(await sale.gate.takeQuota(sale.offer, 'less', 3), 'the answer was lost').toEqual({
        is: 'taken',
        epoch: 1,
      })
    })

    it('does not grow by what a newer gate was loaded with, nor before the gate that it was counted for is loaded', async () => {
      const sale = await open({ epoch: 3 })
      expect(await sale.gate.addQuota(sale.offer, { change: 'more', pieces: 5, epoch: 2 })).toBe('newer')
      expect(await sale.gate.addQuota(sale.offer, { change: 'more', pieces: 5, epoch: 4 })).toBe('older')
      expect(await sale.left()).toBe(10)
      await sale.load({ epoch: 4, left: 10 })
      expect(await sale.gate.addQuota(sale.offer, { change: 'more', pieces: 5, epoch: 4 })).toBe('same')
      expect(await sale.left()).toBe(15)
    })

    it('is nothing where nothing was loaded', async () => {
      const sale = await open()
      await sale.gate.remove(sale.offer)
      expect(await sale.gate.addQuota(sale.offer, { change: 'more', pieces: 5, epoch: 1 })).toBe('older')
      expect(await sale.gate.takeQuota(sale.offer, 'less', 5)).toEqual({ is: 'older' })
      expect(await sale.redis.exists(keysOf(sale.offer).offer)).toBe(0)
    })
  })
})
