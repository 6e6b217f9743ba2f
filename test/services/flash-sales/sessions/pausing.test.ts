import { expect, it } from 'vitest'
import type { TicketId } from '../../../../domain/flash-sale.ts'
import { preheat } from '../../../../services/flash-sales/preheat.ts'
import { pause, resume } from '../../../../workflows/messages.ts'
import { ticketRow } from '../../../support/flash-sale.ts'
import { audited } from '../../../support/use-shop.ts'
import { sessionHarness } from './harness.ts'

const harness = await audited(sessionHarness())
await harness.startWorker()

const isPaused = async (session: string) =>
  (await harness.sql<{ paused: boolean }[]>`SELECT paused FROM sessions WHERE id = ${session}`)[0]?.paused

it('a paused session admits nobody and spends no token; resumed it admits again', async () => {
  const { offer, workflow } = await harness.open()
  const buyer = await harness.shop.buyer()
  const { token } = await harness.deps.gate.issueToken(offer, buyer.id, 0)
  const join = {
    buyer: buyer.id,
    pieces: 1,
    address: buyer.addressId,
    token,
    ticket: harness.shop.ids.next() as TicketId,
  } // A fresh snowflake.
  for (let i = 0; i < 2; i++) await workflow.executeUpdate(pause)
  expect(await harness.deps.gate.admit(offer, join)).toEqual({ answer: 'paused' })
  expect(await isPaused(offer.session)).toBe(true)
  for (let i = 0; i < 2; i++) await workflow.executeUpdate(resume)
  expect(await harness.deps.gate.admit(offer, join)).toMatchObject({ answer: 'admitted' })
  expect(await isPaused(offer.session)).toBe(false)
})

it('who got in before the pause gets an order during it', async () => {
  const { offer, workflow } = await harness.open()
  const ticket = await harness.admitted(offer)
  await workflow.executeUpdate(pause)
  const consumer = harness.startConsumer()
  await expect
    .poll(async () => (await ticketRow(harness.sql, ticket))?.state, { timeout: 30_000 })
    .toBe('live')
  expect(await harness.answer(offer)).toBe('paused')
  await consumer.stop()
})

it('paused before preheating, it is loaded paused', async () => {
  const { offer, workflow } = await harness.start({ opensInMs: 3_600_000 })
  await workflow.executeUpdate(pause)
  await preheat(harness.deps, offer.session)
  expect(await harness.answer(offer)).toBe('paused')
  await workflow.executeUpdate(resume)
  expect(await harness.answer(offer)).toBe('not_open')
})

it('an offer that is added while it is paused is paused, too', async () => {
  const { offer, workflow } = await harness.open()
  await workflow.executeUpdate(pause)
  const sku = await harness.shop.sku({ 1: 1 })
  await workflow.executeUpdate('addOffer', {
    args: [{ sku, priceFen: '1', quota: 1, limit: 1, warehouse: 1 }],
  })
  const added = { session: offer.session, sku }
  expect(await harness.answer(added)).toBe('paused')
  await workflow.executeUpdate(resume)
  expect([await harness.answer(offer), await harness.answer(added)]).toEqual(['admitted', 'admitted'])
})

it.each([
  { what: 'a pause', before: 'resume', asked: 'pause', answers: 'paused' },
  { what: 'a resumption', before: 'pause', asked: 'resume', answers: 'admitted' },
] as const)(
  '$what while the gate is lost takes effect once it is loaded',
  async ({ before, asked, answers }) => {
    const { offer, workflow } = await harness.open()
    await workflow.executeUpdate(before)
    await harness.deps.gate.remove(offer)
    let answered = false
    const asking = workflow.executeUpdate(asked).then(() => {
      answered = true
    })
    const waiting = async () => {
      const [pending] = (await workflow.describe()).raw.pendingActivities ?? []
      return [pending?.activityType?.name, (pending?.attempt ?? 0) > 1]
    }
    await expect.poll(waiting, { timeout: 20_000 }).toEqual(['pauseSession', true])
    expect(answered).toBe(false)
    const consumer = harness.startConsumer()
    await asking
    expect(await harness.answer(offer)).toBe(answers)
    await consumer.stop()
  },
)
