import { describe, expect, it } from 'vitest'
import { newBuyer, newTicket, places, useGate } from './harness.ts'

const minute = 60_000

describe.each(places)('a buyer who let a ticket go unpaid, on %s,', (place) => {
  const { open } = useGate(place)

  it('cools off: may not join again until it is over, and then may', async () => {
    const sale = await open()
    const won = await sale.admit()
    const until = Date.now() + 400
    expect(await sale.giveBack(won, 1, until)).toBe('same')
    const token = await sale.token(won.buyer)
    expect(await sale.join(won.buyer, { token })).toEqual({ answer: 'cooling_off', until })
    expect(await sale.left(), 'its piece is for sale at once').toBe(10)
    expect(await sale.admit(), 'others wait for nothing').toMatchObject({ position: 2 })
    const ticket = newTicket()
    await expect
      .poll(() => sale.join(won.buyer, { token, ticket }), { timeout: 10_000 })
      .toMatchObject({ answer: 'admitted', ticket })
    expect(await sale.holdings()).toMatchObject({
      [won.buyer]: [{ ticket, pieces: 1, seq: 3, paid: false }],
    })
  })

  it('cools off whoever syncs the gate how often, and the pieces come back once', async () => {
    const sale = await open({ limit: 3 })
    const won = await sale.admit(2)
    const until = Date.now() + minute
    for (let i = 0; i < 3; i++) await sale.giveBack(won, 1, until)
    expect(await sale.left()).toBe(10)
    expect(await sale.join(won.buyer)).toEqual({ answer: 'cooling_off', until })
  })

  it('keeps what is paid, and waits for the latest', async () => {
    const sale = await open({ limit: 3 })
    const kept = await sale.admit()
    await sale.pay(kept)
    const [first, last] = [Date.now() + minute, Date.now() + 2 * minute]
    await sale.giveBack(await sale.admit(1, kept.buyer), 1, 0)
    await sale.giveBack(await sale.admit(1, kept.buyer), 1, first)
    expect(await sale.gate.standing(sale.offer, kept.buyer)).toMatchObject({
      ticket: kept.ticket,
      paid: true,
    })
    expect(await sale.join(kept.buyer)).toEqual({ answer: 'cooling_off', until: first })
    const { buyer } = kept
    await sale.load({
      epoch: 2,
      limit: 3,
      tickets: [{ ...kept, pieces: 1, seq: 1, paid: true }],
      cooling: [
        { ticket: newTicket(), buyer, until: first },
        { ticket: newTicket(), buyer, until: last },
      ],
    })
    expect(await sale.join(buyer)).toEqual({ answer: 'cooling_off', until: last })
  })

  it('holds nothing meanwhile: no place in the line, nothing that a page would follow', async () => {
    const sale = await open({ left: 1 })
    const won = await sale.admit()
    await sale.giveBack(won, 1, Date.now() + minute)
    expect(await sale.gate.standing(sale.offer, won.buyer)).toBeUndefined()
    const other = await sale.admit()
    expect(await sale.gate.peek(sale.offer, won.buyer)).toEqual({ state: 'sold_out', holds: false })
    expect(await sale.gate.peek(sale.offer, other.buyer)).toEqual({ state: 'sold_out', holds: true })
  })

  it('is answered what comes before it: a pause, an offer that is over, a token that is not good', async () => {
    const sale = await open({ left: 1 })
    const won = await sale.admit()
    await sale.giveBack(won, 1, Date.now() + minute)
    expect(await sale.join(won.buyer, { token: 'made-up' })).toEqual({ answer: 'bad_token' })
    await sale.setTerms({ paused: true })
    expect(await sale.join(won.buyer)).toEqual({ answer: 'paused' })
    await sale.setTerms({ endsAt: Date.now() - 1 })
    expect(await sale.join(won.buyer)).toEqual({ answer: 'ended' })
    await sale.setTerms({})
    await sale.admit(1, newBuyer())
    expect(await sale.join(won.buyer), 'and before what is left').toMatchObject({ answer: 'cooling_off' })
  })

  it('is not kept waiting by a time that is over when the gate learns of it', async () => {
    const sale = await open()
    const won = await sale.admit()
    await sale.giveBack(won, 1, Date.now() - 1)
    expect(await sale.holdings()).toEqual({})
    expect(await sale.join(won.buyer)).toMatchObject({ answer: 'admitted' })
  })
})
