import type { Sql, Tx } from '../../../db/types.ts'
import type { AttemptNumber, OrderId } from '../../../domain/ids.ts'
import type { Fen } from '../../../domain/money.ts'
import type { OpenAnswer } from '../../../domain/payment.ts'
import type { Attempt } from './attempt.ts'

/*
 * Every change of an attempt's state. Each names the states that it may leave; an attempt that has ended is
 * asked about no more, and what its product had to know of the buyer is forgotten.
 */

/** Writes a new attempt, `opening` or (of the wallet) `open`; the watch asks about it after 15 s. */
export async function insertAttempt(
  tx: Tx,
  order: OrderId,
  attempt: Pick<
    Attempt,
    | 'number'
    | 'provider'
    | 'channel'
    | 'state'
    | 'amount'
    | 'description'
    | 'expiresAt'
    | 'callingUntil'
    | 'payer'
  >,
): Promise<void> {
  const { number, provider, channel, state, amount, description, expiresAt, callingUntil, payer } = attempt
  await tx`
    INSERT INTO attempts (number, order_id, provider, channel, state, amount_fen, currency,
                          description, expires_at, calling_until, payer, next_ask_at)
    VALUES (${number}, ${order}, ${provider}, ${channel}, ${state}, ${amount}, 'CNY',
            ${description}, ${expiresAt}, ${callingUntil}, ${JSON.stringify(payer)}::jsonb,
            now() + interval '15 seconds')`
}

/** A creation is about to be sent (again): until `callingUntil`, "no such trade" means nothing. */
export async function markCalling(tx: Tx, number: AttemptNumber, callingUntil: Date): Promise<void> {
  await tx`
    UPDATE attempts
    SET calling_until = ${callingUntil}
    WHERE number = ${number}
      AND state IN ('opening', 'open')`
}

/** `opening | open → open`: stores what the buyer pays with. False when the attempt has ended meanwhile. */
export async function markOpen(
  sql: Sql,
  number: AttemptNumber,
  { answer, answerUntil }: { answer: OpenAnswer; answerUntil: Date | null },
): Promise<boolean> {
  const stored = await sql`
    UPDATE attempts
    SET state = 'open',
        answer = ${JSON.stringify(answer)}::jsonb,
        answer_until = ${answerUntil},
        calling_until = now()
    WHERE number = ${number}
      AND state IN ('opening', 'open')`
  return stored.count === 1
}

/** `opening | open → failed`: the provider surely has no trade that could be paid. */
export async function markFailed(sql: Sql, number: AttemptNumber): Promise<void> {
  await sql`
    UPDATE attempts
    SET state = 'failed',
        ended_at = now(),
        next_ask_at = NULL,
        payer = NULL
    WHERE number = ${number}
      AND state IN ('opening', 'open')`
}

/** `opening | open → closed`: the provider has said that no money will come by it. */
export async function markClosed(sql: Sql | Tx, number: AttemptNumber): Promise<void> {
  await sql`
    UPDATE attempts
    SET state = 'closed',
        ended_at = now(),
        next_ask_at = NULL,
        payer = NULL
    WHERE number = ${number}
      AND state IN ('opening', 'open')`
}

type Capture = { transaction: string; amount: Fen }

/** Any state `→ paid`: its money settles the order. The caller has decided so under the order's lock. */
export async function markPaid(
  tx: Tx,
  number: AttemptNumber,
  { transaction, amount }: Capture,
): Promise<void> {
  await tx`
    UPDATE attempts
    SET state = 'paid',
        transaction = ${transaction},
        captured_fen = ${amount},
        ended_at = now(),
        next_ask_at = NULL,
        payer = NULL
    WHERE number = ${number}`
}

/**
 * Records money that must not stay, and reserves all of it for its refund. Ends the attempt, unless it is
 * `paid`.
 */
export async function captureForRefund(
  tx: Tx,
  number: AttemptNumber,
  { transaction, amount }: Capture,
): Promise<void> {
  await tx`
    UPDATE attempts
    SET captured_fen = captured_fen + ${amount},
        refunding_fen = refunding_fen + ${amount},
        transaction = COALESCE(transaction, ${transaction}),
        ended_at = COALESCE(ended_at, now()),
        next_ask_at = NULL,
        payer = NULL,
        state = CASE WHEN state = 'paid' THEN state ELSE 'closed' END
    WHERE number = ${number}`
}

/** Money (fen) that was on its way back is back. Its reservation came with the refund's row. */
export async function refundArrived(tx: Tx, number: AttemptNumber, amount: bigint): Promise<void> {
  await tx`
    UPDATE attempts
    SET refunding_fen = refunding_fen - ${amount},
        refunded_fen = refunded_fen + ${amount}
    WHERE number = ${number}`
}
