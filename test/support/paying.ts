import type { Sql } from '../../db/types.ts'
import type { AttemptNumber, Ids, OrderId, UserId } from '../../domain/ids.ts'
import { fen } from '../../domain/money.ts'
import type { Opened, OpenRequest, PaymentProvider, Trade, TradeFacts } from '../../providers/provider.ts'
import type { AttemptDeps } from '../../services/payments/attempts/attempt.ts'
import { openAttempt } from '../../services/payments/attempts/open.ts'
import { balanceAccount, balanceProvider } from '../../services/payments/balance.ts'
import { storePayment } from '../../services/payments/notifications.ts'
import { type Outcome, resolvePayment } from '../../services/payments/resolve-payment.ts'

const account = { merchant: 'm', app: 'a' }
export const accounts = { pay: account, other: account, balance: balanceAccount }

type Answers = {
  open?: (request: OpenRequest) => Opened | Promise<Opened>
  query?: (attempt: AttemptNumber) => Trade | Promise<Trade>
  close?: (attempt: AttemptNumber, creation: 'in_flight' | 'settled') => Trade | Promise<Trade>
}
type Recording = PaymentProvider & {
  opened: OpenRequest[]
  queried: AttemptNumber[]
  closed: AttemptNumber[]
  answers: Answers
}

/**
 * A provider that answers what the test says and remembers what it was asked: opened with a QR, and closed,
 * unless it is said otherwise.
 */
function recordingProvider(name = 'pay', answers: Answers = {}): Recording {
  const provider: Recording = {
    name,
    channels: { [name]: 'native' },
    timeoutMs: 1000,
    answers,
    opened: [],
    queried: [],
    closed: [],
    async open(request) {
      provider.opened.push(request)
      return (
        (await provider.answers.open?.(request)) ?? {
          is: 'open',
          answer: { kind: 'qr', qr: `qr:${request.attempt}` },
        }
      )
    },
    async query(attempt) {
      provider.queried.push(attempt)
      return (await provider.answers.query?.(attempt)) ?? { is: 'unknown', state: 'NOTPAY' }
    },
    async close(attempt, creation) {
      provider.closed.push(attempt)
      return (await provider.answers.close?.(attempt, creation)) ?? { is: 'closed', state: 'CLOSED' }
    },
    refund: async () => ({ is: 'success', code: 'SUCCESS' }),
    queryRefund: async () => ({ is: 'missing', code: 'NONE' }),
  }
  return provider
}

export type Till = AttemptDeps & {
  pay: Recording
  other: Recording
  /** What was signalled to workflows. */
  delivered: [OrderId, string][]
  /** Opens an attempt by the provider `pay`. */
  attempt(order: OrderId, buyer: UserId, channel?: string): Promise<AttemptNumber>
  /** What `pay` would say of this attempt's money. */
  facts(attempt: AttemptNumber, but?: Partial<TradeFacts>): Promise<TradeFacts>
  /** Stores what a callback said and has it resolved. */
  notify(facts: TradeFacts): Promise<Outcome>
}

/** Two providers of the test's own, `pay` and `other`, and the wallet. */
export function openTill(sql: Sql, ids: Ids): Till {
  const [pay, other] = [recordingProvider('pay'), recordingProvider('other')]
  const delivered: [OrderId, string][] = []
  const till: Till = {
    sql,
    ids,
    providers: { pay, other, balance: balanceProvider(sql) },
    mostAttempts: 1000,
    deliver: (order, notification) => delivered.push([order, notification]),
    pay,
    other,
    delivered,
    attempt: async (order, buyer, channel = 'pay') =>
      (await openAttempt(till, { order, buyer, channel })).number,
    async facts(attempt, but = {}) {
      const [row] = await sql<
        { amount: bigint }[]
      >`SELECT amount_fen AS amount FROM attempts WHERE number = ${attempt}`
      const amount = fen(row?.amount ?? 0n)
      return {
        provider: 'pay',
        transaction: `t${attempt}`,
        attempt,
        state: 'SUCCESS',
        amount,
        currency: 'CNY',
        ...account,
        ...but,
      }
    },
    notify: async (facts) =>
      resolvePayment(sql, accounts, (await storePayment({ sql, ids }, facts, 'callback')).id),
  }
  return till
}

export type AttemptRow = {
  state: string
  captured: bigint
  refunding: bigint
  transaction: string | null
  askAt: Date | null
}

export async function attemptRow(sql: Sql, number: AttemptNumber): Promise<AttemptRow> {
  const [row] = await sql<AttemptRow[]>`
    SELECT state, captured_fen AS captured, refunding_fen AS refunding, transaction, next_ask_at AS "askAt"
    FROM attempts
    WHERE number = ${number}`
  if (!row) throw new Error(`attempt ${number} is not there`)
  return row
}
