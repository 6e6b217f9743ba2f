import { gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { AddressId, OrderId, UserId } from '../../../domain/ids.ts'
import { createAddress } from '../../../services/buyers/addresses.ts'
import { forgetBuyer, forgetDue } from '../../../services/buyers/forget.ts'
import { readWithdrawn } from '../../../services/buyers/withdrawals.ts'
import { keepNote } from '../../../services/orders/notes.ts'
import { dropAnswers } from '../../../services/payments/forget.ts'
import { pruneStatements } from '../../../services/reconciliation/prune.ts'
import { type FreshDatabase, freshDatabase } from '../../support/database.ts'
import { openShop, type Shop } from '../../support/shop.ts'
import { confirmed, everything } from '../orders/everything.ts'

let fresh: FreshDatabase
let shop: Shop
const clear = vi.fn(async () => {})
const addressDays = 1095
const terms = { addressDays, maxTokenLifeS: 86_400 }
beforeEach(async () => {
  fresh = await freshDatabase()
  shop = await openShop(fresh.db)
  clear.mockClear()
})
afterEach(() => fresh.drop())

const secrets = [
  '王思远',
  '13800001111',
  '文三路 7 号',
  'oUpF8uMuAJO',
  'auth0|wang',
  'leave it at the door',
  'she moved',
  'to her sister’s account',
]
const deps = () => ({ sql: fresh.db.sql, carts: { clear } })

/**
 * Each text of each row of the database, and the raw statements, in which one of these stands: `table.column:
 * text`.
 */
async function foundOf(words: readonly string[]): Promise<string[]> {
  const { sql } = fresh.db
  const columns = await sql<{ table: string; column: string; type: string }[]>`
    SELECT c.table_name AS table, c.column_name AS column, c.data_type AS type
    FROM information_schema.columns c
    JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = 'public'
      AND t.table_type = 'BASE TABLE'
      AND c.data_type IN ('text', 'json', 'jsonb', 'bytea', 'ARRAY', 'character varying')`
  const found: string[] = []
  for (const { table, column, type } of columns) {
    const rows = await sql<{ value: unknown }[]>`SELECT ${sql(column)} AS value FROM ${sql(table)}`
    for (const { value } of rows) {
      // The only bytes there are.
      const text = type === 'bytea' ? gunzipSync(value as Buffer).toString() : JSON.stringify(value)
      found.push(...words.filter((word) => text?.includes(word)).map((word) => `${table}.${column}: ${word}`))
    }
  }
  return found.sort()
}

/** A buyer who has left something personal wherever that can be. */
async function known(): Promise<{ buyer: UserId; order: OrderId }> {
  const { sql } = fresh.db
  const input = await everything(shop)
  const buyer = input.buyerId
  await createAddress(sql, buyer, {
    id: shop.ids.next() as AddressId, // A fresh snowflake.
    ...{ name: '王思远', phone: '13800001111', province: '浙江省', city: '杭州市', district: '西湖区' },
    ...{ street: '文三路 7 号', postCode: '', label: '', isDefault: true },
  })
  const order = await confirmed(sql, input)
  const address = { name: '王思远', phone: '13800001111', street: '文三路 7 号' }
  await sql`
    UPDATE orders
    SET note = 'leave it at the door', address = ${JSON.stringify(address)}::jsonb, status = 'to_ship', paid_at = now()
    WHERE id = ${order}`
  await sql`
    INSERT INTO identities (issuer, subject, user_id)
    VALUES ('https://id.example', 'auth0|wang', ${buyer})`
  await keepNote(sql, { order, fingerprint: 'another', note: 'leave it at the door' })
  await sql`
    INSERT INTO attempts (number, order_id, provider, channel, state, amount_fen, currency, description,
      expires_at,
                          calling_until, answer, payer, ended_at)
    VALUES (${shop.ids.next()}, ${order}, 'wechat-v3', 'wechat-v3-jsapi', 'paid', 1, 'CNY', 'tea', now(),
      now(),
            '{"openid": "oUpF8uMuAJO"}', '{"openid": "oUpF8uMuAJO"}', now())`
  await sql`
    INSERT INTO refunds (number, order_id, cause, amount_fen, reason)
    VALUES (${`order-${order}-1`}, ${order}, 'operator', 0, 'she moved')`
  await sql`
    INSERT INTO refund_actions (refund, key, action, asked_by, note, result)
    VALUES (${`order-${order}-1`}, 'k', 'paid_by_hand', 'finance-1', 'to her sister’s account', '1')`
  const [statement] = await sql<{ id: bigint }[]>`
    INSERT INTO statements (provider, kind, date, state, fetched_at, matched_at)
    VALUES ('wechat-v3', 'trade', '2026-03-01', 'matched', now(), now())
    RETURNING id`
  await sql`
    INSERT INTO statement_parts (statement, part, content)
    VALUES (${statement?.id ?? 0n}, 0, ${gzipSync('oUpF8uMuAJO,NATIVE,SUCCESS')})`
  return { buyer, order }
}

it('a buyer who is forgotten is found nowhere: at once but for what the law and the provider’s statement need, then not there either', async () => {
  const { buyer, order } = await known()
  expect(new Set((await foundOf(secrets)).map((line) => line.split(': ')[1]))).toEqual(new Set(secrets))

  expect(await forgetBuyer(deps(), { buyer, ...terms })).toBe(true)
  expect(clear).toHaveBeenCalledWith(buyer)
  expect(await foundOf(secrets)).toEqual([
    'orders.address: 13800001111',
    'orders.address: 文三路 7 号',
    'orders.address: 王思远',
    'statement_parts.content: oUpF8uMuAJO',
  ])

  const { sql } = fresh.db
  await sql`UPDATE orders SET placed_at = now() - interval '1096 days' WHERE id = ${order}`
  await sql`UPDATE users SET forget_again_at = now() WHERE id = ${buyer}`
  await sql`UPDATE statements SET matched_at = now() - interval '91 days'`
  expect(await forgetDue(deps(), addressDays)).toBe(1)
  expect(await pruneStatements(sql, { statementDays: 90, entryDays: 62, clearedDays: 365 })).toBe(1)
  expect(await foundOf(secrets)).toEqual([])
  expect(await forgetDue(deps(), addressDays)).toBe(0)
})

it('the tokens of a buyer who is forgotten are good no longer, those of a later sign-in are', async () => {
  const { buyer } = await known()
  const before = Date.now()
  await forgetBuyer(deps(), { buyer, ...terms })
  const withdrawn = (await readWithdrawn(fresh.db.sql)).ofUser.get(buyer)
  expect(withdrawn).toBeGreaterThanOrEqual(before)
  await fresh.db.sql`UPDATE users SET forget_again_at = now() WHERE id = ${buyer}`
  expect(await forgetDue(deps(), addressDays)).toBe(1)
  expect((await readWithdrawn(fresh.db.sql)).ofUser.get(buyer)).toBe(withdrawn)
})

it('addresses of a forgotten buyer’s orders are due when the last of them may go', async () => {
  const { buyer } = await known()
  await forgetBuyer(deps(), { buyer, ...terms })
  expect(await forgetDue(deps(), addressDays)).toBe(0)
  const [user] = await fresh.db.sql<{ days: number }[]>`
    SELECT round(extract(epoch FROM forget_again_at - now()) / 86400)::int AS days
    FROM users
    WHERE id = ${buyer}`
  expect(user?.days).toBe(addressDays)
})

it('an order that came to nothing loses its address at once', async () => {
  const { buyer, order } = await known()
  await fresh.db.sql`UPDATE orders SET status = 'closed', paid_at = NULL WHERE id = ${order}`
  await forgetBuyer(deps(), { buyer, ...terms })
  expect((await foundOf(['王思远'])).filter((line) => line.startsWith('orders.'))).toEqual([])
})

it('nobody else is forgotten with a buyer, and who is not there is not', async () => {
  const [one, other] = [await shop.buyer(), await known()]
  await forgetBuyer(deps(), { buyer: one.id, ...terms })
  expect(await foundOf(['王思远'])).toContain('addresses.name: 王思远')
  expect(other.buyer).not.toBe(one.id)
  expect(await forgetBuyer(deps(), { buyer: '999' as UserId, ...terms })).toBe(false)
})

it('an attempt that has ended keeps neither its answer nor its payer', async () => {
  await known()
  expect(await dropAnswers(fresh.db.sql, 1000)).toBe(1)
  expect((await foundOf(['oUpF8uMuAJO'])).filter((line) => line.startsWith('attempts.'))).toEqual([])
  expect(await dropAnswers(fresh.db.sql, 1000)).toBe(0)
})
