import { describe, expect, it } from 'vitest'
import type { AttemptNumber, RefundNumber } from '../../../domain/ids.ts'
import { storeRefund } from '../../../services/payments/notifications.ts'
import { recordPaidByHand, reissueRefund } from '../../../services/payments/refunds/failed.ts'
import { resolveRefund } from '../../../services/payments/refunds/resolve.ts'
import { useShop } from '../../support/use-shop.ts'
import { type OwedRefund, owedRefunds } from './owed-refunds.ts'

const { sql, shop, till } = await useShop()
const { owed, attentionAbout } = owedRefunds({ sql, shop, till })

/** The provider has closed it. */
async function failed(): Promise<OwedRefund> {
  const made = await owed()
  made.said.set(made.number, 'closed')
  expect(await made.send(made.number)).toBe('closed')
  return made
}
const action = (number: RefundNumber, key = 'k') => ({
  number,
  key,
  by: 'operator-7',
  note: 'the card was cancelled',
})
const money = async (attempt: AttemptNumber) =>
  (
    await sql<{ refunding: bigint; refunded: bigint }[]>`
      SELECT refunding_fen AS refunding, refunded_fen AS refunded FROM attempts WHERE number = ${attempt}`
  )[0]
const rowOf = async (number: RefundNumber) =>
  (
    await sql`
      SELECT state, paid_to, reissue_of, replaced_by, asked_by FROM refunds WHERE number = ${number}`
  )[0]
const refusal = (code: string, details: object) => ({ refusal: { code, details } })

describe('a refund that failed and is issued anew', () => {
  it('gets a number of its own, and the money goes back once', async () => {
    const { number, attempt, send, sent } = await failed()
    const anew = await reissueRefund(sql, action(number))
    expect(anew.number).toBe(`${number}-r2`)
    expect(await attentionAbout(number)).toEqual([])
    expect(await money(attempt)).toEqual({ refunding: 6300n, refunded: 0n })
    expect(await send(anew.number)).toBe('success')
    expect(sent.map(({ refund }) => refund)).toEqual([number, anew.number])
    expect(await money(attempt)).toEqual({ refunding: 0n, refunded: 6300n })
    expect(await rowOf(number)).toMatchObject({ state: 'replaced', replaced_by: anew.number })
    expect(await rowOf(anew.number)).toMatchObject({ reissue_of: number, asked_by: 'operator-7' })
  })

  it('fails again and is issued anew once more', async () => {
    const { number, said, send, attempt } = await failed()
    const second = await reissueRefund(sql, action(number))
    said.set(second.number, 'abnormal')
    expect(await send(second.number)).toBe('abnormal')
    const third = await reissueRefund(sql, action(second.number))
    expect(third.number).toBe(`${number}-r3`)
    expect(await send(third.number)).toBe('success')
    expect(await money(attempt)).toEqual({ refunding: 0n, refunded: 6300n })
  })

  it('is issued once by the same key, and by twenty at the same time', async () => {
    const { number } = await failed()
    const all = await Promise.all(Array.from({ length: 20 }, () => reissueRefund(sql, action(number))))
    expect(new Set(all.map((one) => one.number))).toEqual(new Set([`${number}-r2`]))
    await expect(recordPaidByHand(sql, action(number))).rejects.toMatchObject(
      refusal('refund_reused', { key: 'k' }),
    )
    await expect(reissueRefund(sql, action(number, 'another'))).rejects.toMatchObject(
      refusal('refund_not_failed', { state: 'replaced' }),
    )
  })

  it('is never sent when the first one has succeeded meanwhile', async () => {
    const { number, attempt, said, send, sent } = await failed()
    const anew = await reissueRefund(sql, action(number))
    said.set(number, 'success')
    expect(await send(anew.number)).toBe('replaced')
    expect(sent.map(({ refund }) => refund)).toEqual([number])
    expect(await rowOf(number)).toMatchObject({ state: 'success', paid_to: 'source', replaced_by: null })
    expect(await rowOf(anew.number)).toMatchObject({ state: 'replaced', replaced_by: number })
    expect(await money(attempt)).toEqual({ refunding: 0n, refunded: 6300n })
  })

  it('and whose first one succeeds after all, once both are sent, asks a human and pays nothing more', async () => {
    const { number, attempt, said, send, sent, deps, order } = await failed()
    const anew = await reissueRefund(sql, action(number))
    expect(await send(anew.number)).toBe('success')
    said.set(number, 'success')
    const facts = { ...(await till.facts(attempt)), refund: number, state: 'SUCCESS' }
    const { id } = await storeRefund({ sql, ids: shop.ids }, facts, 'callback')
    expect(await resolveRefund(deps, id)).toBe('refund replaced')
    expect(await attentionAbout(number)).toEqual([{ reason: 'refund_paid_twice' }])
    expect(sent).toHaveLength(2)
    expect(await money(attempt)).toEqual({ refunding: 0n, refunded: 6300n })
    expect(order).toBeDefined()
  })
})

describe('a refund that failed and was paid by hand', () => {
  it('is owed no more, and says who paid it', async () => {
    const { number, attempt, order } = await failed()
    expect(await recordPaidByHand(sql, action(number))).toEqual({ number, orderId: order })
    expect(await recordPaidByHand(sql, action(number))).toEqual({ number, orderId: order })
    expect(await rowOf(number)).toMatchObject({ state: 'success', paid_to: 'by_hand' })
    expect(await money(attempt)).toEqual({ refunding: 0n, refunded: 6300n })
    expect(await attentionAbout(number)).toEqual([])
    expect(await sql`SELECT asked_by, action FROM refund_actions WHERE refund = ${number}`).toEqual([
      { asked_by: 'operator-7', action: 'paid_by_hand' },
    ])
  })

  it('and succeeds at the provider after all asks a human and changes nothing', async () => {
    const { number, attempt, said, deps } = await failed()
    await recordPaidByHand(sql, action(number))
    said.set(number, 'success')
    const facts = { ...(await till.facts(attempt)), refund: number, state: 'SUCCESS' }
    const { id } = await storeRefund({ sql, ids: shop.ids }, facts, 'callback')
    expect(await resolveRefund(deps, id)).toBe('refund success')
    expect(await attentionAbout(number)).toEqual([{ reason: 'refund_paid_twice' }])
    expect(await money(attempt)).toEqual({ refunding: 0n, refunded: 6300n })
  })
})

describe('what is no failed refund', () => {
  it('is neither issued anew nor paid by hand', async () => {
    const { number, send } = await owed()
    await expect(reissueRefund(sql, action(number))).rejects.toMatchObject(
      refusal('refund_not_failed', { state: 'asked' }),
    )
    await send(number)
    await expect(recordPaidByHand(sql, action(number))).rejects.toMatchObject(
      refusal('refund_not_failed', { state: 'success' }),
    )
    const nobodys = 'nobody-s' as RefundNumber
    await expect(reissueRefund(sql, action(nobodys))).rejects.toMatchObject(
      refusal('refund_unknown', { number: nobodys }),
    )
  })
})
