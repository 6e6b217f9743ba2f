import { describe, expect, it } from 'vitest'
import type { NotificationId, OrderId, RefundNumber, UserId } from '../../../domain/ids.ts'
import { closeOrder } from '../../../services/orders/close.ts'
import { closeAttempt } from '../../../services/payments/attempts/close.ts'
import { openAttempt } from '../../../services/payments/attempts/open.ts'
import { refundAtProvider } from '../../../services/payments/refunds/send.ts'
import { resolvePayment } from '../../../services/payments/resolve-payment.ts'
import { movementsOf, orderRow } from '../../support/books.ts'
import { accounts, openTill, type Till } from '../../support/paying.ts'
import { useShop } from '../../support/use-shop.ts'
import { confirmed, everything } from '../orders/everything.ts'

let till: Till
const { sql, shop } = await useShop()

/** An order of 63 yuan that awaits its payment; its buyer has this much left. */
async function waiting(left: number): Promise<{ order: OrderId; buyer: UserId }> {
  const input = await everything(shop)
  await sql`UPDATE wallets SET balance_fen = balance_fen + ${left - 1300} WHERE user_id = ${input.buyerId}`
  await sql`
    INSERT INTO wallet_movements (user_id, kind, amount_fen)
    VALUES (${input.buyerId}, 'top_up', ${left - 1300})`
  till = openTill(sql, shop.ids)
  return { order: await confirmed(sql, input), buyer: input.buyerId }
}
const balanceOf = async (buyer: UserId) =>
  (await sql`SELECT balance_fen FROM wallets WHERE user_id = ${buyer}`)[0]?.balance_fen
// What the till delivered.
const delivered = (): NotificationId => till.delivered[0]?.[1] as NotificationId

describe('the wallet as a channel', () => {
  it('pays at once; its movement is another one than the part that was paid when placing', async () => {
    const { order, buyer } = await waiting(6300)
    await openAttempt(till, { order, buyer, channel: 'balance' })
    expect(await balanceOf(buyer)).toBe(0n)
    expect(await movementsOf(sql, order)).toEqual(expect.arrayContaining(['wallet order', 'wallet payment']))
    expect(await resolvePayment(sql, accounts, delivered())).toBe('paid')
    expect(await orderRow(sql, order)).toMatchObject({ status: 'to_ship', payState: 'paid' })
  })

  it('that is short refuses, says what there is, and leaves no attempt', async () => {
    const { order, buyer } = await waiting(6299)
    await expect(openAttempt(till, { order, buyer, channel: 'balance' })).rejects.toMatchObject({
      refusal: { code: 'balance_insufficient', details: { available: { fen: '6299' } } },
    })
    expect(await sql`SELECT 1 FROM attempts WHERE order_id = ${order}`).toHaveLength(0)
    expect(await balanceOf(buyer)).toBe(6299n)
    expect(till.delivered).toEqual([])
  })

  it('is debited once by ten clicks at the same time', async () => {
    const { order, buyer } = await waiting(20_000)
    const clicks = await Promise.allSettled(
      Array.from({ length: 10 }, () => openAttempt(till, { order, buyer, channel: 'balance' })),
    )
    expect(clicks.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const click of clicks)
      if (click.status === 'rejected')
        expect(click.reason).toMatchObject({ refusal: { code: 'already_paid' } })
    expect(await balanceOf(buyer)).toBe(13_700n)
    await resolvePayment(sql, accounts, delivered())
  })

  it('closes the open attempt of another channel first', async () => {
    const { order, buyer } = await waiting(6300)
    const first = await till.attempt(order, buyer)
    await openAttempt(till, { order, buyer, channel: 'balance' })
    expect(till.pay.closed).toEqual([first])
    await resolvePayment(sql, accounts, delivered())
  })

  it('is found paid by a closing that comes before the resolver', async () => {
    const { order, buyer } = await waiting(6300)
    await openAttempt(till, { order, buyer, channel: 'balance' })
    await closeOrder(sql, order, 'pay_timeout')
    expect(await closeAttempt(till, order)).toEqual({
      is: 'paid',
      notification: delivered(),
    })
    await expect(openAttempt(till, { order, buyer, channel: 'pay' })).rejects.toMatchObject({
      refusal: { code: 'order_closing' },
    })
    expect(await resolvePayment(sql, accounts, delivered())).toBe('paid')
  })

  it('gets a refund once, however often it is asked for', async () => {
    const { order, buyer } = await waiting(6300)
    const attempt = await openAttempt(till, { order, buyer, channel: 'balance' })
    await sql`UPDATE notifications SET amount_fen = 6299 WHERE id = ${delivered()}`
    await sql`UPDATE wallets SET balance_fen = 1 WHERE user_id = ${buyer}`
    await sql`UPDATE wallet_movements SET amount_fen = -6299 WHERE order_id = ${order} AND kind = 'payment'`
    const outcome = await resolvePayment(sql, accounts, delivered())
    const number = outcome.replace('refund ', '') as RefundNumber // As the outcome says.
    expect(number).toBe(`late-balance-${attempt.number}`)
    const ends = await Promise.all(
      Array.from({ length: 5 }, () =>
        refundAtProvider({ sql, providers: till.providers, refundFallback: 'none' }, number),
      ),
    )
    expect(new Set(ends)).toEqual(new Set(['success']))
    expect(await balanceOf(buyer)).toBe(6300n)
  })
})
