import type { Sql } from '../../../db/types.ts'
import type { AttemptNumber, NotificationId, OrderId, RefundNumber } from '../../../domain/ids.ts'
import { fen } from '../../../domain/money.ts'
import type { BillSwitches } from '../../../sandbox/switches.ts'
import type { Accounts } from '../../../services/payments/accounts.ts'
import { openAttempt } from '../../../services/payments/attempts/open.ts'
import { storePayment } from '../../../services/payments/notifications.ts'
import { resolveRefund } from '../../../services/payments/refunds/resolve.ts'
import { refundAtProvider } from '../../../services/payments/refunds/send.ts'
import { resolvePayment } from '../../../services/payments/resolve-payment.ts'
import { fetchStatement } from '../../../services/reconciliation/fetch.ts'
import { type Matched, matchStatement } from '../../../services/reconciliation/match.ts'
import { harness as gateway, shared } from '../../providers/wechat-v3/harness.ts'
import { freshDatabase } from '../../support/database.ts'
import { openShop } from '../../support/shop.ts'
import { confirmed, everything } from '../orders/everything.ts'

export type Paid = { order: OrderId; attempt: AttemptNumber; transaction: string; amount: bigint }
export const provider = 'wechat-v3'

/**
 * A shop that sells by the sandbox's WeChat, whose callbacks get lost: what it knows, it was notified by the
 * test.
 */
export async function statementHarness() {
  const [fresh, world] = [await freshDatabase(), await gateway()]
  const { sql } = fresh.db
  const shop = await openShop(fresh.db)
  const { wechat, buyer } = world
  const providers = { [provider]: wechat }
  const accounts: Accounts = { [provider]: { merchant: shared.mchId, app: shared.appId } }
  // Each test has a day of its own, so that none sees another's statement: the sandbox puts today's trades
  // into it.
  const date = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10)
  const of = { provider, date }
  const now = Date.now() + 2 * 86_400_000
  const attempts = { sql, ids: shop.ids, providers, mostAttempts: 20, deliver: () => {} }
  const bill = (bill: BillSwitches = {}) => buyer.switches({ noNotification: true, bill })
  await bill()

  return {
    sql,
    url: fresh.url,
    world,
    wechat,
    of,
    providers,
    accounts,
    ids: shop.ids,
    /** What is wrong with the day's bill; nothing, unless it is said. */
    bill,
    fetch: (kind: 'trade' | 'fund_flow' = 'trade', at = now) =>
      fetchStatement(sql, { statements: wechat.statements, of, kind, now: at }),
    match: (given: Partial<{ accounts: Accounts }> = {}): Promise<Matched> =>
      matchStatement({ sql, ids: shop.ids, accounts, statements: wechat.statements, ...given }, of),
    /**
     * An order that was paid at WeChat; we were notified, and it was resolved, unless it is said otherwise.
     */
    async paid({ notified = true }: { notified?: boolean } = {}): Promise<Paid> {
      const input = await everything(shop)
      const order = await confirmed(sql, input)
      const { number: attempt } = await openAttempt(attempts, {
        order,
        buyer: input.buyerId,
        channel: provider,
      })
      const { transactionId: transaction, amount } = await buyer.pay(attempt)
      const paid = { order, attempt, transaction, amount: BigInt(amount) }
      if (notified)
        await resolvePayment(
          sql,
          accounts,
          (await storePayment({ sql, ids: shop.ids }, factsOf(paid), 'callback')).id,
        )
      return paid
    },
    /** A refund of all of it that WeChat has made; it was notified, unless it is said otherwise. */
    async refunded(
      { order, attempt, transaction, amount }: Paid,
      { notified = true }: { notified?: boolean } = {},
    ): Promise<RefundNumber> {
      const refund = `late-${provider}-${transaction}` as RefundNumber // As the resolver names it.
      await sql`UPDATE attempts SET refunding_fen = ${amount} WHERE number = ${attempt}`
      await sql`
        INSERT INTO refunds (number, attempt, order_id, cause, transaction, amount_fen)
        VALUES (${refund}, ${attempt}, ${order}, 'late', ${transaction}, ${amount})`
      await wechat.refund({
        refund,
        attempt,
        transaction,
        amount: fen(amount),
        captured: fen(amount),
        currency: 'CNY',
      })
      while ((await wechat.queryRefund(refund)).is === 'processing');
      if (notified) await refundAtProvider({ sql, providers, refundFallback: 'none' }, refund)
      return refund
    },
    /** Has everything resolved that is due, as the jobs does. */
    async jobs(): Promise<string[]> {
      const due = await sql<
        { id: NotificationId; kind: string }[]
      >`SELECT id::text AS id, kind FROM notifications WHERE outcome IS NULL ORDER BY id`
      const deps = { sql, providers, accounts, refundFallback: 'none' as const }
      return await Promise.all(
        due.map(
          ({ id, kind }): Promise<string> =>
            kind === 'refund' ? resolveRefund(deps, id) : resolvePayment(sql, accounts, id),
        ),
      )
    },
    differences: () => sql<
      { difference: string; subject: string; details: Record<string, string>; order: string | null }[]
    >`
      SELECT difference, subject, details, order_id::text AS order
      FROM reconciliation
      ORDER BY difference, subject`,
    attention: () =>
      sql`SELECT reason, subject, details FROM attention WHERE cleared_at IS NULL ORDER BY 1, 2`,
    statement: async () =>
      (
        await sql`
          SELECT state, bytes, digest, rows, repaired, different, matched_at
          FROM statements
          WHERE kind = 'trade'`
      )[0],
    raw: async () => sql`SELECT content FROM statement_parts ORDER BY statement, part`,
    async close() {
      await world.stop()
      await fresh.drop()
    },
  }
}
export type StatementHarness = Awaited<ReturnType<typeof statementHarness>>

const factsOf = ({ attempt, transaction, amount }: Paid) => ({
  ...{
    provider,
    transaction,
    attempt,
    state: 'SUCCESS',
    amount: fen(amount),
    currency: 'CNY',
    merchant: shared.mchId,
    app: shared.appId,
  },
})

/** Moves what was notified to the noon of the day, where no border is near. */
export const atNoon = async (sql: Sql, date: string): Promise<void> => {
  const noon = new Date(`${date}T12:00:00+08:00`)
  await sql`UPDATE attempts SET opened_at = ${noon}, ended_at = ${noon}`
  await sql`UPDATE notifications SET received_at = ${noon}`
  await sql`UPDATE refunds SET created_at = ${noon}, ended_at = ${noon} WHERE ended_at IS NOT NULL`
}
