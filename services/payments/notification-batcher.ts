import type { Logger } from 'pino'
import type { Sql } from '../../db/types.ts'
import { type Ids, isId } from '../../domain/ids.ts'
import type { TradeFacts } from '../../providers/provider.ts'
import { graceMs, type Stored, storePayment } from './notifications.ts'

/** So many statements at once, each of so many payments: in a flood the database is asked once for dozens. */
const lanes = 2
const most = 100

type Waiting = { facts: TradeFacts; stored: (stored: Stored) => void; failed: (error: unknown) => void }
type Batch = { sql: Sql; ids: Ids; log: Pick<Logger, 'warn'> }

/**
 * Stores what callbacks say of payments as `storePayment` does; those that come while others are being
 * stored, together in one statement. Each is answered after the commit of its own row. None waits for others:
 * a payment that comes alone is stored at once.
 */
export function createNotificationBatcher(
  sql: Sql,
  ids: Ids,
  log: Pick<Logger, 'warn'>,
): (facts: TradeFacts) => Promise<Stored> {
  const waiting: Waiting[] = []
  let underway = 0

  const next = (): void => {
    while (underway < lanes && waiting.length > 0) {
      underway += 1
      void storeAll({ sql, ids, log }, waiting.splice(0, most)).finally(() => {
        underway -= 1
        next()
      })
    }
  }
  return (facts) =>
    new Promise((stored, failed) => {
      waiting.push({ facts, stored, failed })
      next()
    })
}

/**
 * Settles each of them; never throws. What is not stored with the others, known before or unfit, is stored
 * alone.
 */
async function storeAll({ sql, ids, log }: Batch, all: readonly Waiting[]): Promise<void> {
  const together =
    all.length === 1
      ? new Map<string, Stored>()
      : await insertAll(sql, ids, all).catch((error) => {
          log.warn({ error }, 'notifications that came together are stored one by one')
          return new Map<string, Stored>()
        })
  await Promise.all(
    all.map(({ facts, stored, failed }) => {
      const mine = together.get(keyOf(facts))
      return mine ? stored(mine) : storePayment({ sql, ids }, facts, 'callback').then(stored, failed)
    }),
  )
}

type Row = Stored & Pick<TradeFacts, 'provider' | 'transaction' | 'state'>

/** In the order of their key: two that store the same ones wait for each other, and never both ways. */
async function insertAll(sql: Sql, ids: Ids, all: readonly Waiting[]): Promise<Map<string, Stored>> {
  const facts = all.map((one) => one.facts)
  const column = <T>(of: (facts: TradeFacts) => T): T[] => facts.map(of)
  const rows = await sql<Row[]>`
    INSERT INTO notifications (id, provider, kind, number, state, trade, attempt, amount_fen, currency,
                               merchant, app, found, due_at)
    SELECT t.id, t.provider, 'payment', t.number, t.state, t.trade, a.number, t.amount, t.currency,
           t.merchant, t.app, 'callback', ${new Date(Date.now() + graceMs)}
    FROM unnest(
      ${column(() => ids.next())}::bigint[],
      ${column(({ provider }) => provider)}::text[],
      ${column(({ transaction }) => transaction)}::text[],
      ${column(({ state }) => state)}::text[],
      ${column(({ attempt }) => attempt)}::text[],
      ${column(({ attempt }) => (isId(attempt) ? attempt : null))}::bigint[],
      ${column(({ amount }) => amount.toString())}::bigint[],
      ${column(({ currency }) => currency)}::text[],
      ${column(({ merchant }) => merchant)}::text[],
      ${column(({ app }) => app)}::text[]
    ) AS t (id, provider, number, state, trade, maybe, amount, currency, merchant, app)
    LEFT JOIN attempts a ON a.number = t.maybe
    ORDER BY t.provider, t.number, t.state
    ON CONFLICT ON CONSTRAINT notification_once DO NOTHING
    RETURNING id::text AS id,
              outcome,
              provider,
              number AS transaction,
              state,
              (SELECT order_id::text
              FROM attempts
              WHERE attempts.number = notifications.attempt) AS "orderId"`
  return new Map(rows.map(({ id, orderId, outcome, ...key }) => [keyOf(key), { id, orderId, outcome }]))
}

const keyOf = ({
  provider,
  transaction,
  state,
}: Pick<TradeFacts, 'provider' | 'transaction' | 'state'>): string =>
  JSON.stringify([provider, transaction, state])
