import { describe, expect, it } from 'vitest'
import type { Sql, Tx } from '../../../db/types.ts'
import type { OfferKey, TicketId } from '../../../domain/flash-sale.ts'
import type { AddressId } from '../../../domain/ids.ts'
import type { OrderInput } from '../../../domain/order-input.ts'
import { Refused } from '../../../domain/refusals.ts'
import { endSession } from '../../../services/flash-sales/end-session.ts'
import { giveBack } from '../../../services/flash-sales/offers.ts'
import { preheat } from '../../../services/flash-sales/preheat.ts'
import { closeOrder } from '../../../services/orders/close.ts'
import { confirmOrder } from '../../../services/orders/confirm.ts'
import { openAlone } from '../../../services/orders/open.ts'
import { placeInOneTransaction } from '../../../services/orders/place.ts'
import { rejectOrder } from '../../../services/orders/reject.ts'
import { placeStep } from '../../../services/orders/reserve.ts'
import { StepUndone } from '../../../services/orders/steps.ts'
import { refundOrder } from '../../../services/payments/refund-order.ts'
import { orderRow } from '../../support/books.ts'
import { offerRow, planSession, ticketRow } from '../../support/flash-sale.ts'
import { held, waitingForLocks } from '../../support/gates.ts'
import { openTill } from '../../support/paying.ts'
import type { Shop } from '../../support/shop.ts'
import { flashOrder, staged } from '../../support/tickets.ts'
import { useRedis, useShop } from '../../support/use-shop.ts'
import { unavailable } from '../orders/everything.ts'

const { sql, shop } = await useShop()
const { gate } = useRedis()

/** An offer of all five pieces that the warehouse has. */
async function open(): Promise<OfferKey> {
  const sku = await shop.sku({ 1: 5 })
  const { session } = await planSession(sql, { offers: [{ sku, quota: 5, limit: 2 }] })
  await preheat({ sql, gate }, session)
  return { session, sku }
}
const ticketOf = async (offer: OfferKey, has?: Parameters<Shop['buyer']>[0]) =>
  staged({ sql, ids: shop.ids }, offer, { buyer: await shop.buyer(has), pieces: 2 })
const counts = async (offer: OfferKey) => {
  const { quota, granted, sold } = await offerRow(sql, offer)
  return { quota, granted, sold }
}
const shelf = async ({ sku }: OfferKey) =>
  (await sql<{ pieces: number }[]>`SELECT on_hand AS pieces FROM stock WHERE sku_id = ${sku}`)[0]?.pieces

async function stepByStep(sql: Sql, input: OrderInput, run: string): Promise<void> {
  const { orderId: order, payWithinMs } = input
  if ((await openAlone(sql, input, run)).status === 'rejected') return
  try {
    await placeStep(sql, order, 'take_offer')
    if (input.balance !== '0') await placeStep(sql, order, 'debit_balance')
    await confirmOrder(sql, order, payWithinMs)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    await rejectOrder(sql, order, error.refusal)
  }
}
const paths = [
  ['at once', placeInOneTransaction],
  ['step by step', stepByStep],
] as const
async function placed(offer: OfferKey): Promise<TicketId> {
  const ticket = await ticketOf(offer)
  await placeInOneTransaction(sql, await flashOrder(sql, ticket), 'run')
  return ticket
}
/** An activity inside a transaction of the test's own. */
const within = (tx: Tx) =>
  new Proxy(tx, {
    get: (target, key) =>
      key === 'begin' ? (work: (tx: Tx) => unknown) => work(tx) : Reflect.get(target, key),
  }) as unknown as Sql // But for `begin` they are alike.

describe.each(paths)('a flash order placed %s', (_, place) => {
  it('sells what its ticket was granted, and takes nothing from the shelf', async () => {
    const offer = await open()
    const ticket = await ticketOf(offer)
    expect(await counts(offer)).toEqual({ quota: 5, granted: 2, sold: 0 })
    await place(sql, await flashOrder(sql, ticket), 'run')
    expect(await orderRow(sql, ticket)).toMatchObject({ status: 'awaiting_payment' })
    expect(await ticketRow(sql, ticket)).toEqual({ state: 'live', reason: null, sync: null })
    expect(await counts(offer)).toEqual({ quota: 5, granted: 2, sold: 2 })
    expect(await shelf(offer)).toBe(0)
  })

  it.each([
    { code: 'buyer_blocked', when: 'before anything is taken', has: { blocked: true } },
    {
      code: 'address_unknown',
      when: 'before anything is taken',
      asks: { addressId: '1' as AddressId }, // Nobody's.
    },
    {
      code: 'balance_insufficient',
      when: 'after its pieces were taken',
      has: { balance: 10 },
      asks: { balance: '11' },
    },
  ])(
    'and refused with $code, $when, gives back what it was granted, and no more',
    async ({ code, has = {}, asks = {} }) => {
      const offer = await open()
      await placed(offer)
      const ticket = await ticketOf(offer, has)
      await place(sql, await flashOrder(sql, ticket, asks), 'run')
      expect(await orderRow(sql, ticket)).toMatchObject({ status: 'rejected', refusal: { code } })
      expect(await ticketRow(sql, ticket)).toEqual({ state: 'given_back', reason: code, sync: 'given_back' })
      expect(await counts(offer)).toEqual({ quota: 5, granted: 2, sold: 2 })
    },
  )

  it('whose pieces somebody gave back before is refused, and gives back nothing', async () => {
    const offer = await open()
    const ticket = await ticketOf(offer)
    await sql.begin((tx) => giveBack(tx, ticket, { why: 'by_hand' }))
    await place(sql, await flashOrder(sql, ticket), 'run')
    expect(await orderRow(sql, ticket)).toMatchObject({
      status: 'rejected',
      refusal: { code: 'out_of_stock', details: { skus: [offer.sku] } },
    })
    expect(await ticketRow(sql, ticket)).toMatchObject({ state: 'given_back', reason: 'by_hand' })
    expect(await counts(offer)).toEqual({ quota: 5, granted: 0, sold: 0 })
  })
})

describe('a flash order', () => {
  it.each([
    ['taken its pieces', false],
    ['been confirmed', true],
  ] as const)(
    'given up before it has %s leaves nothing granted and nothing sold, and takes nothing later',
    async (_, taken) => {
      const offer = await open()
      const ticket = await ticketOf(offer)
      await openAlone(sql, await flashOrder(sql, ticket), 'run')
      if (taken) await placeStep(sql, ticket, 'take_offer')
      for (let i = 0; i < 2; i++)
        expect(await rejectOrder(sql, ticket, unavailable)).toMatchObject({ status: 'rejected' })
      expect(await counts(offer)).toEqual({ quota: 5, granted: 0, sold: 0 })
      expect(await ticketRow(sql, ticket)).toMatchObject({ state: 'given_back', reason: 'unavailable' })
      await expect(placeStep(sql, ticket, 'take_offer')).rejects.toThrow(StepUndone)
      expect(await counts(offer)).toEqual({ quota: 5, granted: 0, sold: 0 })
    },
  )

  it('closed by five at once gives back once', async () => {
    const offer = await open()
    const [ticket] = [await placed(offer), await placed(offer)]
    await Promise.all(Array.from({ length: 5 }, () => closeOrder(sql, ticket, 'pay_timeout')))
    expect(await ticketRow(sql, ticket)).toEqual({
      state: 'given_back',
      reason: 'pay_timeout',
      sync: 'given_back',
    })
    expect(await counts(offer)).toEqual({ quota: 5, granted: 2, sold: 2 })
  })

  it('that is paid has a paid ticket, which nothing gives back', async () => {
    const offer = await open()
    const ticket = await placed(offer)
    const till = openTill(sql, shop.ids)
    const { buyerId } = await flashOrder(sql, ticket)
    expect(await till.notify(await till.facts(await till.attempt(ticket, buyerId)))).toBe('paid')
    expect(await ticketRow(sql, ticket)).toEqual({ state: 'paid', reason: null, sync: 'paid' })
    expect(await closeOrder(sql, ticket, 'pay_timeout')).toMatchObject({ status: 'to_ship' })
    expect(await ticketRow(sql, ticket)).toMatchObject({ state: 'paid' })
    expect(await counts(offer)).toEqual({ quota: 5, granted: 2, sold: 2 })
  })
})

describe('a paid flash order that is refunded whole before it was shipped', () => {
  const paid = async (offer: OfferKey): Promise<TicketId> => {
    const ticket = await placed(offer)
    const till = openTill(sql, shop.ids)
    await till.notify(await till.facts(await till.attempt(ticket, (await flashOrder(sql, ticket)).buyerId)))
    return ticket
  }
  const calledOff = { key: 'cancelled', cause: 'cancelled', reason: '', askedBy: '20001' } as const

  it('gives its pieces back to the session, once, and the gate is synced with that instead of the payment', async () => {
    const offer = await open()
    const ticket = await paid(offer)
    await Promise.all(Array.from({ length: 5 }, () => refundOrder(sql, ticket, calledOff)))
    expect(await counts(offer)).toEqual({ quota: 5, granted: 0, sold: 0 })
    expect(await ticketRow(sql, ticket)).toEqual({
      state: 'given_back',
      reason: 'buyer_cancelled',
      sync: 'given_back',
    })
    expect(await orderRow(sql, ticket)).toMatchObject({ status: 'closed', payState: 'refunded' })
  })

  it('after the session gives them to the warehouse', async () => {
    const offer = await open()
    const ticket = await paid(offer)
    await endSession(sql, offer.session)
    await refundOrder(sql, ticket, calledOff)
    expect([await counts(offer), await shelf(offer)]).toEqual([{ quota: 0, granted: 0, sold: 0 }, 5])
    expect(await ticketRow(sql, ticket)).toMatchObject({ state: 'given_back', sync: null })
  })
})

describe('the database', () => {
  it('refuses to oversell, whoever asks past the code', async () => {
    const offer = await open()
    await placed(offer)
    const set = (change: object) =>
      sql`UPDATE offers SET ${sql(change as Record<string, number>)} WHERE session_id = ${offer.session}`
    for (const change of [{ granted: 6 }, { sold: 3 }, { quota: 1 }, { sold: -1 }])
      await expect(set(change)).rejects.toThrow('offer_never_oversold')
    expect(await counts(offer)).toEqual({ quota: 5, granted: 2, sold: 2 })
  })
})

describe('pieces that come back', () => {
  const whole = { quota: 0, granted: 0, sold: 0 }

  it('after the session has ended go to the warehouse, once, and the gate is not synced', async () => {
    const offer = await open()
    const ticket = await placed(offer)
    await endSession(sql, offer.session)
    expect([await counts(offer), await shelf(offer)]).toEqual([{ quota: 2, granted: 2, sold: 2 }, 3])
    await Promise.all(Array.from({ length: 5 }, () => closeOrder(sql, ticket, 'pay_timeout')))
    expect([await counts(offer), await shelf(offer)]).toEqual([whole, 5])
    expect(await ticketRow(sql, ticket)).toEqual({ state: 'given_back', reason: 'pay_timeout', sync: null })
  })

  it('just before it ends go back with the rest of the quota', async () => {
    const offer = await open()
    const ticket = await placed(offer)
    const closing = await held(sql, (tx) => closeOrder(within(tx), ticket, 'pay_timeout'))
    const ending = endSession(sql, offer.session)
    await waitingForLocks(sql, 1)
    await closing.commit()
    await ending
    expect([await counts(offer), await shelf(offer)]).toEqual([whole, 5])
  })

  it('while it ends wait for its end, and then go to the warehouse', async () => {
    const offer = await open()
    const ticket = await placed(offer)
    const ending = await held(sql, (tx) => endSession(within(tx), offer.session))
    const closing = closeOrder(sql, ticket, 'pay_timeout')
    await waitingForLocks(sql, 1)
    await ending.commit()
    expect(await closing).toMatchObject({ status: 'closed' })
    expect([await counts(offer), await shelf(offer)]).toEqual([whole, 5])
    expect(await ticketRow(sql, ticket)).toMatchObject({ state: 'given_back', sync: null })
  })
})
