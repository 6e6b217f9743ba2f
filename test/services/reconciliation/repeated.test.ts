import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { matchStatement } from '../../../services/reconciliation/match.ts'
import { orderRow } from '../../support/books.ts'
import { type StatementHarness, statementHarness } from './harness.ts'

let harness: StatementHarness
beforeEach(async () => {
  harness = await statementHarness()
})
afterEach(() => harness.close())

/** Everything that a statement can change. */
const everything = async () => ({
  notifications: await harness.sql`SELECT id, number, state, found, outcome FROM notifications ORDER BY id`,
  differences: await harness.differences(),
  attention: await harness.attention(),
  statement: await harness.statement(),
})
const strangers = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ transaction: `4200-${i}`, trade: `A-${i}`, fen: '5' }))

describe('a statement is never applied twice', () => {
  it('matched again, it answers the same and changes nothing', async () => {
    await harness.paid({ notified: false })
    await harness.bill({ extraRows: strangers(3) })
    await harness.fetch()
    const matched = await harness.match()
    const after = await everything()
    expect(matched).toEqual({ rows: 4, repaired: 1, different: 3 })
    expect(await harness.match()).toEqual(matched)
    expect(await everything()).toEqual(after)
  })

  it('matched by four at once, each row counts once', async () => {
    const missed = await Promise.all([1, 2, 3].map(() => harness.paid({ notified: false })))
    await harness.bill({ extraRows: strangers(2500) })
    await harness.fetch()
    const all = await Promise.all([1, 2, 3, 4].map(() => harness.match()))
    expect(all).toEqual(all.map(() => ({ rows: 2503, repaired: 3, different: 2500 })))
    expect(await harness.differences()).toHaveLength(2500)
    await harness.jobs()
    for (const { order } of missed)
      expect(await orderRow(harness.sql, order)).toMatchObject({ status: 'to_ship' })
  })

  it('broken off between two batches, it goes on where it stopped', async () => {
    await harness.paid({ notified: false })
    await harness.bill({ extraRows: strangers(2500) })
    await harness.fetch()
    const statements = {
      ...harness.wechat.statements,
      async *rows(raw: AsyncIterable<Uint8Array>) {
        let row = 0
        for await (const one of harness.wechat.statements.rows(raw)) {
          if (++row === 1800 && passes++ > 0) throw new Error('the process died')
          yield one
        }
      },
    }
    let passes = 0
    await expect(
      matchStatement(
        { sql: harness.sql, ids: harness.ids, accounts: harness.accounts, statements },
        harness.of,
      ),
    ).rejects.toThrow('died')
    expect(await harness.statement()).toMatchObject({
      state: 'fetched',
      rows: 1000,
      different: 999,
      repaired: 1,
    })
    expect(await harness.match()).toEqual({ rows: 2501, repaired: 1, different: 2500 })
  })
})

describe('a statement that is not whole is not applied at all', () => {
  it('when it is cut short; it is fetched anew, and counts then', async () => {
    await harness.paid({ notified: false })
    await harness.bill({ cutShort: true, extraRows: strangers(2000) })
    await harness.fetch()
    await expect(harness.match()).rejects.toThrow('cut short')
    expect(await everything()).toMatchObject({
      notifications: [],
      differences: [],
      attention: [],
      statement: { state: 'fetching', rows: 0 },
    })
    await harness.bill()
    await harness.fetch()
    expect(await harness.match()).toEqual({ rows: 1, repaired: 1, different: 0 })
  })

  it('when a single row of it is another merchant’s', async () => {
    await harness.paid({ notified: false })
    await harness.bill({ extraRows: [{ transaction: '4200', trade: 'A', fen: '5', merchant: '1900000001' }] })
    await harness.fetch()
    await expect(harness.match()).rejects.toThrow('of merchant 1900000001')
    expect(await everything()).toMatchObject({ notifications: [], differences: [] })
  })
})

it('names of goods may hold whatever they like', async () => {
  const names = ['茶, 绿茶', '`x`', '"a,b"', 'a,`b,`c', ',`0.00,`0.00']
  await harness.bill({
    extraRows: names.map((name, i) => ({ transaction: `4200-${i}`, trade: `A-${i}`, fen: '5', name })),
  })
  await harness.fetch()
  expect(await harness.match()).toMatchObject({ rows: 5, different: 5 })
  expect(new Set((await harness.differences()).map(({ details }) => details.there))).toEqual(new Set(['5']))
})
