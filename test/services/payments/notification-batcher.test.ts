import { describe, expect, it } from 'vitest'
import { connect } from '../../../db/client.ts'
import type { AttemptNumber } from '../../../domain/ids.ts'
import { fen } from '../../../domain/money.ts'
import type { TradeFacts } from '../../../providers/provider.ts'
import { createNotificationBatcher } from '../../../services/payments/notification-batcher.ts'
import { useShop } from '../../support/use-shop.ts'
import { payable } from './resolving.ts'

const { fresh, sql, shop, till } = await useShop({ booksAddUp: false })

let warned: string[] = []
const log = { warn: (_: unknown, said?: string) => void warned.push(said ?? '') }
let next = 0
const stray = async (but: Partial<TradeFacts> = {}): Promise<TradeFacts> =>
  till.facts('0' as AttemptNumber, {
    attempt: 'x' as AttemptNumber,
    transaction: `many-${next++}`,
    amount: fen(7),
    ...but,
  })
const strays = (count: number) => Promise.all(Array.from({ length: count }, () => stray()))
const rowsOf = (facts: TradeFacts) =>
  sql<{ id: string }[]>`SELECT id::text AS id FROM notifications WHERE number = ${facts.transaction}`

describe('payments that callbacks notify at the same time', () => {
  it('are each stored once with all that was said, and each caller gets its own row', async () => {
    const { order, attempt } = await payable(sql, shop, till)
    const ours = await till.facts(attempt)
    const all = [
      ...(await strays(150)),
      ours,
      await stray({ attempt: attempt, transaction: 'it’s "quoted", {odd} \\ 中文' }),
    ]
    const store = createNotificationBatcher(sql, shop.ids, log)
    const stored = await Promise.all(all.map(store))
    for (const [i, facts] of all.entries()) {
      expect(await rowsOf(facts)).toEqual([{ id: stored[i]?.id }])
      expect(stored[i]).toMatchObject({ orderId: facts.attempt === attempt ? order : null, outcome: null })
    }
    const [row] = await sql`
      SELECT provider, kind, state, trade, attempt::text AS attempt, amount_fen AS amount, currency, merchant,
        app, found, outcome, due_at > now() AS waits
      FROM notifications WHERE number = ${ours.transaction}`
    const { transaction: _, ...said } = ours
    expect(row).toEqual({
      ...said,
      kind: 'payment',
      trade: attempt,
      found: 'callback',
      outcome: null,
      waits: true,
    })
  })

  it('take a few statements, not one each', async () => {
    const statements: string[] = []
    const db = connect(fresh.url, { debug: (query) => statements.push(query) })
    await Promise.all((await strays(120)).map(createNotificationBatcher(db.sql, shop.ids, log)))
    expect(
      statements.filter((query) => query.includes('INSERT INTO notifications')).length,
    ).toBeLessThanOrEqual(5)
    await db.close()
  })

  it('notified twice among them are one row, and both callers get it', async () => {
    const [facts, before, ...others] = await strays(22)
    if (!facts || !before) throw new Error('none')
    const store = createNotificationBatcher(sql, shop.ids, log)
    const known = await store(before)
    const stored = await Promise.all([facts, ...others, facts, before, facts].map(store))
    const ids = [stored[0], stored.at(-3), stored.at(-1)].map((one) => one?.id)
    expect(new Set(ids).size).toBe(1)
    expect(stored.at(-2)).toEqual(known)
    expect(await rowsOf(facts)).toHaveLength(1)
  })

  it('notified to two processes in opposite orders are stored once each, and neither waits for ever', async () => {
    const all = await strays(300)
    const [one, other] = [
      createNotificationBatcher(sql, shop.ids, log),
      createNotificationBatcher(sql, shop.ids, log),
    ]
    const [first, second] = await Promise.all([
      Promise.all(all.map(one)),
      Promise.all([...all].reverse().map(other)),
    ])
    expect(second.reverse().map(({ id }) => id)).toEqual(first.map(({ id }) => id))
  })

  it('fail alone: one that cannot be stored takes no other with it', async () => {
    const all = await strays(30)
    const unfit = await stray({ transaction: 'no\u0000text' })
    warned = []
    const store = createNotificationBatcher(sql, shop.ids, log)
    const results = await Promise.allSettled([...all.slice(0, 15), unfit, ...all.slice(15)].map(store))
    expect(results.filter(({ status }) => status === 'rejected')).toEqual([results[15]])
    for (const facts of all) expect(await rowsOf(facts)).toHaveLength(1)
    expect(new Set(warned)).toEqual(new Set(['notifications that came together are stored one by one']))
  })
})
