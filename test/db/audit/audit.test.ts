import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { audit, checks } from '../../../db/audit/audit.ts'
import { type Finding, run } from '../../../db/audit/check.ts'
import { failures, findingsTable } from '../../../db/audit/report.ts'
import { seed } from '../../../db/seed/seed.ts'
import type { Sql, Tx } from '../../../db/types.ts'
import { snowflakes } from '../../../domain/ids.ts'
import { type FreshDatabase, freshDatabase } from '../../support/database.ts'
import { corruptions } from './corruptions.ts'
import { type Fixture, fixture } from './fixtures.ts'

let fresh: FreshDatabase
let orders: Fixture
const ids = snowflakes(1)

beforeAll(async () => {
  fresh = await freshDatabase()
  orders = await fixture(fresh.db, ids)
})
afterAll(() => fresh.drop())

class RolledBack extends Error {}

/** What the audit says about a database with this corrupt, which is undone again. */
async function auditAfter(sql: Sql, corrupt: (tx: Tx) => Promise<unknown>): Promise<Finding[]> {
  const findings: Finding[] = []
  const damaged = sql.begin(async (tx) => {
    await corrupt(tx)
    for (const check of checks) findings.push(await run(tx, check))
    throw new RolledBack()
  })
  await expect(damaged).rejects.toThrow(RolledBack)
  return findings.filter(({ holds }) => !holds)
}

describe('the audit of a shop with every kind of order', () => {
  it('finds nothing to complain about', async () => {
    const { holds, findings, attention } = await audit(fresh.db.sql)
    expect(failures(findings)).toBe('')
    expect(holds).toBe(true)
    expect(attention).toEqual([])
  })

  it('has looked at something for every promise but those about what does not occur', async () => {
    const { findings } = await audit(fresh.db.sql)
    expect(findings.filter(({ checked }) => checked === 0n)).toEqual([])
  })

  it('says in figures what it has looked at', async () => {
    const { findings } = await audit(fresh.db.sql)
    expect(findingsTable(findings, false)).toContain('8 wallets, ¥ ')
  })

  it('lists what waits for a human, which is no contradiction', async () => {
    const { db } = fresh
    await db.sql`
      INSERT INTO attention (reason, subject, order_id, details)
      VALUES ('refund_stuck', 'late-1', ${orders.closed}, '{"code":"X"}')`
    const { holds, attention } = await audit(db.sql)
    await db.sql`DELETE FROM attention`
    expect(holds).toBe(true)
    expect(attention).toEqual([
      {
        reason: 'refund_stuck',
        subject: 'late-1',
        orderId: orders.closed,
        since: expect.any(Date),
        details: { code: 'X' },
      },
    ])
  })
})

const all = corruptions(() => orders)

describe('the audit notices that', () => {
  it.each(all)('$what ($check)', async ({ check, corrupt }) => {
    const found = await auditAfter(fresh.db.sql, corrupt)
    expect(found.map(({ name }) => name)).toContain(check)
    const finding = found.find(({ name }) => name === check)
    expect(finding?.wrong[0]?.subject).toMatch(/\S/)
  })

  it('and not when a wallet has its refund already, whose end is written a moment later', async () => {
    const arrived = async (tx: Tx) => {
      const [moved] = await tx<{ amount: bigint }[]>`
        INSERT INTO wallet_movements (user_id, kind, amount_fen, order_id, refund)
        SELECT 20006, 'refund', amount_fen, order_id, number
        FROM refunds
        WHERE order_id = ${orders.backToWallet}
        RETURNING amount_fen AS amount`
      await tx`
        UPDATE wallets SET balance_fen = balance_fen + ${moved?.amount ?? 0n} WHERE user_id = 20006`
    }
    expect(await auditAfter(fresh.db.sql, arrived)).toEqual([])
  })

  it('anything is wrong at all: no promise is without a test', () => {
    expect(checks.map(({ name }) => name).filter((name) => !all.some(({ check }) => check === name))).toEqual(
      [],
    )
  })

  it('many rows are wrong, by showing the first and counting the rest', async () => {
    const [found] = await auditAfter(fresh.db.sql, (tx) => tx`UPDATE stock SET on_hand = on_hand + 1`)
    expect(found?.wrong).toHaveLength(20)
    expect(failures(found ? [found] : [])).toMatch(/… and \d+ more/)
  })
})

describe('the seed', () => {
  it('fills an empty shop once, so that its ledgers add up from the first row on', async () => {
    const other = await freshDatabase()
    try {
      expect(await seed(other.db, ids)).toBe(true)
      expect(await seed(other.db, ids)).toBe(false)
      const { holds, findings } = await audit(other.db.sql)
      expect(failures(findings)).toBe('')
      expect(holds).toBe(true)
    } finally {
      await other.drop()
    }
  })
})
