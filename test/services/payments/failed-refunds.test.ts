import { describe, expect, it } from 'vitest'
import type { AttemptNumber, OrderId, RefundNumber } from '../../../domain/ids.ts'
import type { RefundRequest, RefundState } from '../../../providers/provider.ts'
import { stuckRefunds } from '../../../services/payments/due.ts'
import { storeRefund } from '../../../services/payments/notifications.ts'
import { recordPaidByHand, reissueRefund } from '../../../services/payments/refunds/failed.ts'
import { resolveRefund } from '../../../services/payments/refunds/resolve.ts'
import { refundAtProvider } from '../../../services/payments/refunds/send.ts'
import { accounts } from '../../support/paying.ts'
import { useShop } from '../../support/use-shop.ts'
import { closedUnpaid } from './resolving.ts'

const { sql, shop, till } = await useShop()

type Case = {
  order: OrderId
  attempt: AttemptNumber
  number: RefundNumber
  /** What the provider says of each refund; none of another number. */
  said: Map<RefundNumber, RefundState['is']>
  /** What it was asked to send. */
  sent: RefundRequest[]
  send(number: RefundNumber): ReturnType<typeof refundAtProvider>
  deps: Parameters<typeof resolveRefund>[0]
}

/** Money that came too late, and whose refund the provider has not been asked for. */
async function owed(rules: object = {}): Promise<Case> {
  const { order, attempt } = await closedUnpaid(sql, shop, till)
  // As it says.
  const number = (await till.notify(await till.facts(attempt))).replace('refund ', '') as RefundNumber
  const said = new Map<RefundNumber, RefundState['is']>()
  const sent: RefundRequest[] = []
  const pay = {
    ...till.pay,
    ...rules,
    refund: async (request: RefundRequest): Promise<RefundState> => {
      sent.push(request)
      return { is: said.get(request.refund) ?? 'success', code: 'SAID' }
    },
    queryRefund: async (refund: RefundNumber): Promise<RefundState> =>
      sent.some((request) => request.refund === refund)
        ? { is: said.get(refund) ?? 'success', code: 'SAID' }
        : { is: 'missing', code: 'NONE' },
  }
  const deps = { sql, providers: { pay }, accounts, refundFallback: 'none' as const }
  return { order, attempt, number, said, sent, deps, send: (refund) => refundAtProvider(deps, refund) }
}
/** The provider has closed it. */
async function failed(): Promise<Case> {
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
const attentionAbout = async (...subjects: string[]) => [
  ...(await sql`
    SELECT reason
    FROM attention
    WHERE subject = ANY(${subjects}::text[]) AND cleared_at IS NULL
    ORDER BY reason`),
]
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

describe('a provider’s rules for refunds', () => {
  const rules = { refundRules: { pauseMs: 60_000, most: 2, withinMs: 365 * 86_400_000 } }
  /** Another refund of the same attempt, sent so many seconds ago. */
  const sentBefore = async ({ attempt, order }: Case, secondsAgo: number) => {
    const number = `before-${shop.ids.next()}`
    await sql`
      INSERT INTO refunds (number, attempt, order_id, cause, transaction, amount_fen, state, sent_at)
      VALUES (${number}, ${attempt}, ${order}, 'operator', 't', 0, 'success',
        now() - ${secondsAgo} * interval '1 s')`
  }

  it('hold a refund back until the pause after the last one is over', async () => {
    const made = await owed(rules)
    await sentBefore(made, 20)
    await expect(made.send(made.number)).rejects.toMatchObject({
      afterS: expect.toSatisfy((s) => s > 30 && s <= 40),
    })
    expect(made.sent).toEqual([])
    await sql`
      UPDATE refunds
      SET sent_at = now() - interval '61 seconds'
      WHERE attempt = ${made.attempt} AND amount_fen = 0`
    expect(await made.send(made.number)).toBe('success')
  })

  it('let the same refund be sent again without a pause', async () => {
    const made = await owed(rules)
    made.said.set(made.number, 'unknown')
    await expect(made.send(made.number)).rejects.toThrow('SAID')
    made.said.delete(made.number)
    expect(await made.send(made.number)).toBe('success')
  })

  it('give what the provider will never send to a human, without asking it', async () => {
    const tooMany = await owed(rules)
    for (const secondsAgo of [400, 500]) await sentBefore(tooMany, secondsAgo)
    expect(await tooMany.send(tooMany.number)).toBe('abnormal')
    const tooOld = await owed(rules)
    await sql`UPDATE attempts SET ended_at = now() - interval '366 days' WHERE number = ${tooOld.attempt}`
    expect(await tooOld.send(tooOld.number)).toBe('abnormal')
    expect([...tooMany.sent, ...tooOld.sent]).toEqual([])
    expect(await attentionAbout(tooMany.number, tooOld.number)).toEqual([
      { reason: 'refund_failed' },
      { reason: 'refund_failed' },
    ])
  })
})

describe('a refund without a final word', () => {
  const stuck = async (number: RefundNumber) =>
    (await stuckRefunds(sql, 100)).some((one) => one.number === number)

  it('that its provider is at work on asks nobody for a week', async () => {
    const { number, said, send } = await owed()
    said.set(number, 'processing')
    await expect(send(number)).rejects.toThrow('SAID')
    await sql`
      UPDATE refunds
      SET created_at = now() - interval '6 days', sent_at = now() - interval '6 days',
          processing_since = now() - interval '6 days'
      WHERE number = ${number}`
    expect(await stuck(number)).toBe(false)
    await sql`UPDATE refunds SET processing_since = now() - interval '8 days' WHERE number = ${number}`
    expect(await stuck(number)).toBe(true)
    said.delete(number)
    expect(await send(number)).toBe('success')
    expect(await stuck(number)).toBe(false)
  })

  it('that its provider says nothing of asks a human after ten minutes', async () => {
    const { number, said, send } = await owed()
    said.set(number, 'unknown')
    await expect(send(number)).rejects.toThrow('SAID')
    expect(await stuck(number)).toBe(false)
    await sql`UPDATE refunds SET sent_at = now() - interval '11 minutes' WHERE number = ${number}`
    expect(await stuck(number)).toBe(true)
    said.delete(number)
    await send(number)
  })
})
