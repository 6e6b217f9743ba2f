import { describe, expect, it } from 'vitest'
import { refundOrder } from '../../../services/payments/refund-order.ts'
import { refundAtProvider } from '../../../services/payments/refunds/send.ts'
import { useShop } from '../../support/use-shop.ts'
import { calledOff, paidIn } from './paid.ts'

const file = await useShop()
const { sql, till } = file
const { paid, money } = paidIn(file)

describe('money that the provider could not send back', () => {
  const failing = async (fallback: 'wallet' | 'none') => {
    const { order, attempt, input } = await paid()
    const number = await refundOrder(sql, order, calledOff)
    let answer: 'abnormal' | 'success' = 'abnormal'
    const providers = { pay: { ...till.pay, queryRefund: async () => ({ is: answer, code: answer }) } }
    const deps = { sql, providers, refundFallback: fallback }
    const attention = async () =>
      (await sql`SELECT reason FROM attention WHERE subject = ${number} AND cleared_at IS NULL`).map(
        ({ reason }) => reason,
      )
    return { ...{ order, attempt, input, number, deps, attention }, repair: () => (answer = 'success') }
  }

  it('stays owed, with a human notified, until the provider can', async () => {
    const { attempt, number, deps, attention, repair } = await failing('none')
    expect(await refundAtProvider(deps, number)).toBe('abnormal')
    expect(await money(attempt)).toMatchObject({ refunding: 6300n, refunded: 0n })
    expect(await attention()).toEqual(['refund_failed'])
    expect(await refundAtProvider(deps, number)).toBe('abnormal')
    repair()
    expect(await refundAtProvider(deps, number)).toBe('success')
    expect(await money(attempt)).toMatchObject({ refunding: 0n, refunded: 6300n })
    expect(await attention()).toEqual([])
  })

  it('goes into the wallet where that is configured, once, and a human is warned not to send it again', async () => {
    const { attempt, input, number, deps, attention } = await failing('wallet')
    const balance = async () =>
      (
        await sql<
          { balance: bigint }[]
        >`SELECT balance_fen AS balance FROM wallets WHERE user_id = ${input.buyerId}`
      )[0]?.balance ?? 0n
    const before = await balance()
    expect(await refundAtProvider(deps, number)).toBe('success')
    expect(await refundAtProvider(deps, number)).toBe('success')
    expect((await balance()) - before).toBe(6300n)
    expect(await money(attempt)).toMatchObject({ refunding: 0n, refunded: 6300n })
    expect(await attention()).toEqual(['refund_failed'])
  })
})
