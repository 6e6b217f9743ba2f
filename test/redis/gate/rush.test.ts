import { Cluster } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { JoinAnswer } from '../../../domain/flash-sale.ts'
import { newBuyer, places, type Sale, saleOf, useGate } from './harness.ts'

describe.each(places)('a rush on %s', (place) => {
  const { open } = useGate(place)

  it('has exactly as many winners as pieces', async () => {
    const sale = await open({ left: 50 })
    const doors = [sale, anotherDoor(sale), anotherDoor(sale), anotherDoor(sale)]
    const crowd = Array.from({ length: 300 }, newBuyer)
    // 300 buyers once, 200 of them a second time; everybody holds a token before the doors open.
    const clicks = await Promise.all(
      [...crowd, ...crowd.slice(0, 200)].map(async (buyer) => ({ buyer, token: await sale.token(buyer) })),
    )
    const answers = await Promise.all(
      clicks.map(async ({ buyer, token }, i) => ({
        buyer,
        ...(await (doors[i % doors.length] ?? sale).join(buyer, { token })),
      })),
    )

    const won = answers.flatMap((one) => (one.answer === 'admitted' ? [one] : []))
    const again = answers.flatMap((one) => (one.answer === 'already_queued' ? [one] : []))
    expect(new Set(won.map(({ buyer }) => buyer)).size).toBe(50)
    expect(new Set(won.map(({ ticket }) => ticket)).size).toBe(50)
    expect(won.map(({ position }) => position).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 50 }, (_, i) => i + 1),
    )
    const ticketOf = new Map(won.map(({ buyer, ticket }) => [buyer, ticket]))
    expect(again.map(({ buyer, ticket }) => [buyer, ticket])).toEqual(
      again.map(({ buyer }) => [buyer, ticketOf.get(buyer)]),
    )
    expect(tally(answers)).toEqual({
      admitted: 50,
      already_queued: again.length,
      sold_out: 450 - again.length,
    })

    for (const { buyer, ticket } of won)
      expect(await sale.join(buyer)).toMatchObject({ answer: 'already_queued', ticket })
    expect(await sale.left()).toBe(0)
    expect((await sale.queue.read(sale.offer, 'consumer', 1000)).map(({ ticket }) => ticket).sort()).toEqual(
      won.map(({ ticket }) => ticket).sort(),
    )
  })

  it('gives one piece to one of three', async () => {
    const sale = await open({ left: 1 })
    const answers = await Promise.all(
      [sale, anotherDoor(sale), anotherDoor(sale)].map((door) => door.join(newBuyer())),
    )
    expect(tally(answers)).toEqual({ admitted: 1, sold_out: 2 })
  })

  it('gives one buyer one ticket, however often they click', async () => {
    const sale = await open()
    const buyer = newBuyer()
    const answers = await Promise.all(
      [sale, anotherDoor(sale), anotherDoor(sale)].map((door) => door.join(buyer)),
    )
    expect(tally(answers)).toEqual({ admitted: 1, already_queued: 2 })
    expect(new Set(answers.map((one) => 'ticket' in one && one.ticket)).size).toBe(1)
    expect(await sale.left()).toBe(9)
  })
})

/** The same sale through a connection of its own. */
function anotherDoor({ redis, offer }: Sale): Sale {
  const own = redis instanceof Cluster ? redis.duplicate() : redis.duplicate()
  onTestFinished(() => own.disconnect())
  return saleOf(own, offer)
}

function tally(answers: readonly JoinAnswer[]): Partial<Record<JoinAnswer['answer'], number>> {
  const counts: Partial<Record<JoinAnswer['answer'], number>> = {}
  for (const { answer } of answers) counts[answer] = (counts[answer] ?? 0) + 1
  return counts
}
