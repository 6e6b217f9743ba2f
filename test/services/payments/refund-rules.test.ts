import { describe, expect, it } from 'vitest'
import type { RefundNumber } from '../../../domain/ids.ts'
import { stuckRefunds } from '../../../services/payments/due.ts'
import { useShop } from '../../support/use-shop.ts'
import { type OwedRefund, owedRefunds } from './owed-refunds.ts'

const { sql, shop, till } = await useShop()
const { owed, attentionAbout } = owedRefunds({ sql, shop, till })

describe('a provider’s rules for refunds', () => {
  const rules = { refundRules: { pauseMs: 60_000, most: 2, withinMs: 365 * 86_400_000 } }
  /** Another refund of the same attempt, sent so many seconds ago. */
  const sentBefore = async ({ attempt, order }: OwedRefund, secondsAgo: number) => {
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
