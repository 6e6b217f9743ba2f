import { describe, expect, it } from 'vitest'
import type { Gate } from '../../../redis/gate/gate.ts'
import { counted, newBuyer, newTicket, places, useGate } from './harness.ts'

type Joined = Awaited<ReturnType<Gate['admit']>>['answer']
const tally = (answers: readonly { answer: Joined }[]) =>
  Object.fromEntries(
    [...new Set(answers.map(({ answer }) => answer))].map((word) => [
      word,
      answers.filter(({ answer }) => answer === word).length,
    ]),
  )

describe.each(places)('joins of one moment on %s', (place) => {
  const { open, redis } = useGate(place)

  it('are asked in few calls, and each has an answer and a place of their own', async () => {
    const there = await open({ left: 200 })
    const { sale, calls } = counted(redis(), there, 'gateAdmit')
    const crowd = await Promise.all(
      Array.from({ length: 100 }, async () => ({ buyer: newBuyer(), ticket: newTicket() })),
    )
    const tokens = await Promise.all(crowd.map(({ buyer }) => there.token(buyer)))
    const answers = await Promise.all(
      crowd.map(({ buyer, ticket }, i) => sale.join(buyer, { ticket, token: tokens[i] ?? '' })),
    )
    expect(calls()).toBe(2)
    expect(answers).toEqual(crowd.map(({ ticket }, i) => ({ answer: 'admitted', ticket, position: i + 1 })))
    expect(await there.left()).toBe(100)
    expect(await there.queue.length(there.offer)).toBe(100)
  })

  it('of one buyer who clicks five times are one ticket, which all five get', async () => {
    const there = await open({ limit: 5 })
    const { sale, calls } = counted(redis(), there, 'gateAdmit')
    const buyer = newBuyer()
    const tokens = await Promise.all([1, 2, 3, 4, 5].map(() => there.token(buyer)))
    const [first, ...others] = await Promise.all(
      tokens.map((token) => sale.join(buyer, { token, ticket: newTicket() })),
    )
    expect(calls()).toBe(1)
    expect(first).toMatchObject({ answer: 'admitted', position: 1 })
    expect(others).toEqual(others.map(() => ({ ...first, answer: 'already_queued' })))
    expect(await there.left()).toBe(9)
  })

  it('are let in one after the other: the last pieces go to the first, and a refusal to one is nothing to the others', async () => {
    const there = await open({ left: 3, limit: 2 })
    const { sale, calls } = counted(redis(), there, 'gateAdmit')
    const requests = await Promise.all(
      [2, 1, 3, 1, 1].map(async (pieces) => {
        const buyer = newBuyer()
        return { buyer, pieces, token: await there.token(buyer) }
      }),
    )
    const stranger = { buyer: newBuyer(), pieces: 1, token: 'not-theirs' }
    const answers = await Promise.all(
      [stranger, ...requests].map(({ buyer, ...request }) => sale.join(buyer, request)),
    )
    expect(calls()).toBe(1)
    expect(answers.map(({ answer }) => answer)).toEqual([
      'bad_token',
      'admitted',
      'admitted',
      'over_limit',
      'sold_out',
      'sold_out',
    ])
    expect(tally(answers)).toEqual({ bad_token: 1, admitted: 2, over_limit: 1, sold_out: 2 })
    expect(await there.left()).toBe(0)
    expect(await there.holdings()).toEqual({
      [requests[0]?.buyer ?? '']: [expect.objectContaining({ pieces: 2, seq: 1 })],
      [requests[1]?.buyer ?? '']: [expect.objectContaining({ pieces: 1, seq: 2 })],
    })
  })

  it('all get a fault, and those who ask again get in', async () => {
    const there = await open()
    const { sale, own } = counted(redis(), there, 'gateAdmit')
    const buyers = [newBuyer(), newBuyer()]
    const tokens = await Promise.all(buyers.map((buyer) => there.token(buyer)))
    own.gateAdmit = () => Promise.reject(new Error('Redis is away'))
    const lost = await Promise.allSettled(
      buyers.map((buyer, i) => sale.join(buyer, { token: tokens[i] ?? '' })),
    )
    expect(lost.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    const again = await Promise.all(buyers.map((buyer, i) => there.join(buyer, { token: tokens[i] ?? '' })))
    expect(tally(again)).toEqual({ admitted: 2 })
  })
})
