import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { matchStatement } from '../../../services/reconciliation/match.ts'
import { orderRow } from '../../support/books.ts'
import { type StatementRig, statementRig } from './harness.ts'

let rig: StatementRig
beforeEach(async () => {
  rig = await statementRig()
})
afterEach(() => rig.close())

/** Everything that a statement can change. */
const everything = async () => ({
  notifications: await rig.sql`SELECT id, number, state, found, outcome FROM notifications ORDER BY id`,
  differences: await rig.differences(),
  attention: await rig.attention(),
  statement: await rig.statement(),
})
const strangers = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ transaction: `4200-${i}`, trade: `A-${i}`, fen: '5' }))

describe('a statement is never applied twice', () => {
  it('matched again, it answers the same and changes nothing', async () => {
    await rig.paid({ told: false })
    await rig.bill({ extraRows: strangers(3) })
    await rig.fetch()
    const matched = await rig.match()
    const after = await everything()
    expect(matched).toEqual({ rows: 4, repaired: 1, different: 3 })
    expect(await rig.match()).toEqual(matched)
    expect(await everything()).toEqual(after)
  })

  it('matched by four at once, each row counts once', async () => {
    const untold = await Promise.all([1, 2, 3].map(() => rig.paid({ told: false })))
    await rig.bill({ extraRows: strangers(2500) })
    await rig.fetch()
    const all = await Promise.all([1, 2, 3, 4].map(() => rig.match()))
    expect(all).toEqual(all.map(() => ({ rows: 2503, repaired: 3, different: 2500 })))
    expect(await rig.differences()).toHaveLength(2500)
    await rig.relay()
    for (const { order } of untold)
      expect(await orderRow(rig.sql, order)).toMatchObject({ status: 'to_ship' })
  })

  it('broken off between two batches, it goes on where it stopped', async () => {
    await rig.paid({ told: false })
    await rig.bill({ extraRows: strangers(2500) })
    await rig.fetch()
    const statements = {
      ...rig.wechat.statements,
      async *rows(raw: AsyncIterable<Uint8Array>) {
        let row = 0
        for await (const one of rig.wechat.statements.rows(raw)) {
          if (++row === 1800 && passes++ > 0) throw new Error('the process died')
          yield one
        }
      },
    }
    let passes = 0
    await expect(
      matchStatement({ sql: rig.sql, ids: rig.ids, accounts: rig.accounts, statements }, rig.of),
    ).rejects.toThrow('died')
    expect(await rig.statement()).toMatchObject({ state: 'fetched', rows: 1000, different: 999, repaired: 1 })
    expect(await rig.match()).toEqual({ rows: 2501, repaired: 1, different: 2500 })
  })
})

describe('a statement that is not whole is not applied at all', () => {
  it('when it is cut short; it is fetched anew, and counts then', async () => {
    await rig.paid({ told: false })
    await rig.bill({ cutShort: true, extraRows: strangers(2000) })
    await rig.fetch()
    await expect(rig.match()).rejects.toThrow('cut short')
    expect(await everything()).toMatchObject({
      notifications: [],
      differences: [],
      attention: [],
      statement: { state: 'fetching', rows: 0 },
    })
    await rig.bill()
    await rig.fetch()
    expect(await rig.match()).toEqual({ rows: 1, repaired: 1, different: 0 })
  })

  it('when a single row of it is another merchant’s', async () => {
    await rig.paid({ told: false })
    await rig.bill({ extraRows: [{ transaction: '4200', trade: 'A', fen: '5', merchant: '1900000001' }] })
    await rig.fetch()
    await expect(rig.match()).rejects.toThrow('of merchant 1900000001')
    expect(await everything()).toMatchObject({ notifications: [], differences: [] })
  })
})

it('names of goods may hold whatever they like', async () => {
  const names = ['茶, 绿茶', '`x`', '"a,b"', 'a,`b,`c', ',`0.00,`0.00']
  await rig.bill({
    extraRows: names.map((name, i) => ({ transaction: `4200-${i}`, trade: `A-${i}`, fen: '5', name })),
  })
  await rig.fetch()
  expect(await rig.match()).toMatchObject({ rows: 5, different: 5 })
  expect(new Set((await rig.differences()).map(({ details }) => details.there))).toEqual(new Set(['5']))
})
