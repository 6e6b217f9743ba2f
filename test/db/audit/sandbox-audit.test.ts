import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditSandbox } from '../../../demo/verdict.ts'
import { snowflakes } from '../../../domain/ids.ts'
import type { Ledger } from '../../../sandbox/client.ts'
import { type FreshDatabase, freshDatabase } from '../../support/database.ts'
import { fixture } from './fixtures.ts'

let fresh: FreshDatabase
let theirs: Ledger
const longAgo = new Date(0)

beforeAll(async () => {
  fresh = await freshDatabase()
  await fixture(fresh.db, snowflakes(1))
  const trades = await fresh.db.sql<Ledger['trades']>`
    SELECT number::text AS "outTradeNo", captured_fen::text AS captured,
      (refunded_fen - COALESCE((SELECT sum(amount_fen)
    FROM refunds r
    WHERE r.attempt = attempts.number AND paid_to = 'wallet'), 0))::text AS refunded
    FROM attempts WHERE provider = 'wechat-v3'`
  theirs = { captured: '0', refunded: '0', refunding: '0', trades: [...trades], refunds: [] }
})
afterAll(() => fresh.drop())

const changed = (change: (captured: bigint) => bigint): Ledger => ({
  ...theirs,
  trades: theirs.trades.map((trade) =>
    trade.captured === '0' ? trade : { ...trade, captured: change(BigInt(trade.captured)).toString() },
  ),
})

/** The trades with money in them, as a difference names them. */
const captured = () =>
  theirs.trades.filter((trade) => trade.captured !== '0').map(({ outTradeNo }) => `trade ${outTradeNo}`)

describe("the comparison with the provider's books", () => {
  it('agrees when every fen that was captured is on an order, back, or on its way back', async () => {
    expect(await auditSandbox(fresh.db.sql, theirs, longAgo)).toMatchObject({ holds: true, wrong: [] })
  })

  it('names the trades that the provider captured more of than we know', async () => {
    const { holds, wrong } = await auditSandbox(
      fresh.db.sql,
      changed((captured) => captured + 1n),
      longAgo,
    )
    expect(holds).toBe(false)
    expect(wrong.map((line) => line.slice(0, line.indexOf(':')))).toEqual(captured())
  })

  it('names a trade that we know nothing of', async () => {
    const [trade] = theirs.trades.filter(({ captured }) => captured !== '0')
    const foreign = trade ? [{ ...trade, outTradeNo: '7' }] : []
    const { holds, wrong } = await auditSandbox(
      fresh.db.sql,
      { ...theirs, trades: [...theirs.trades, ...foreign] },
      longAgo,
    )
    expect(holds).toBe(false)
    expect(wrong).toEqual([expect.stringContaining('trade 7')])
  })

  it('names money that we booked and the provider never took', async () => {
    const { holds, wrong } = await auditSandbox(fresh.db.sql, { ...theirs, trades: [] }, longAgo)
    expect(holds).toBe(false)
    expect(wrong.map((line) => line.slice(0, line.indexOf(':')))).toEqual(captured())
  })

  it('leaves out what was opened before the provider began to remember', async () => {
    expect(
      await auditSandbox(fresh.db.sql, { ...theirs, trades: [] }, new Date(Date.now() + 60_000)),
    ).toMatchObject({ holds: true })
  })
})
