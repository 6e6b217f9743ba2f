import type { Sql } from '../db/types.ts'
import { fen, yuan } from '../domain/money.ts'
import type { Ledger } from '../sandbox/client.ts'

export type Comparison = { promise: string; figures: string; holds: boolean; wrong: string[] }

type Booked = {
  number: string
  captured: bigint
  refunded: bigint
  refunding: bigint
  on_order: bigint
  instead: bigint
}

/**
 * Compares our books with what the stand-in for the payment providers really took and gave back, trade by
 * trade. It forgets when it stops, so only attempts that were opened since then are compared.
 */
export async function auditSandbox(sql: Sql, { trades }: Ledger, since: Date): Promise<Comparison> {
  const booked = await sql<Booked[]>`
    SELECT a.number::text AS number, a.captured_fen AS captured, a.refunded_fen AS refunded,
      a.refunding_fen AS refunding,
           CASE WHEN a.state = 'paid' THEN o.due_fen - back.of_order ELSE 0 END AS on_order, back.instead
    FROM attempts a JOIN orders o ON o.id = a.order_id
    CROSS JOIN LATERAL (
      SELECT COALESCE(sum(amount_fen) FILTER (WHERE cause IN ('cancelled', 'operator')),
        0)::bigint AS of_order,
             COALESCE(sum(amount_fen) FILTER (WHERE paid_to = 'wallet'), 0)::bigint AS instead
             FROM refunds r
             WHERE r.attempt = a.number) back
    WHERE a.provider <> 'balance' AND a.opened_at >= ${since}`
  const ours = new Map(booked.map((row) => [row.number, row]))
  const theirs = new Map(trades.map((trade) => [trade.outTradeNo, trade]))
  const sum = (of: (row: Booked) => bigint): bigint => booked.reduce((total, row) => total + of(row), 0n)
  const taken = trades.reduce((total, { captured }) => total + BigInt(captured), 0n)
  const [onOrders, refunded, inFlight] = [
    sum((row) => row.on_order),
    sum((row) => row.refunded),
    sum((row) => row.refunding),
  ]

  const wrong = [...new Set([...ours.keys(), ...theirs.keys()])].flatMap((number) => {
    const [our, their] = [ours.get(number), theirs.get(number)]
    const captured = BigInt(their?.captured ?? 0)
    const refunded = BigInt(their?.refunded ?? 0)
    // What went into a wallet instead never left the provider.
    if (captured === (our?.captured ?? 0n) && refunded === (our ? our.refunded - our.instead : 0n)) return []
    return [
      `trade ${number}: the provider has captured ${captured} and refunded ${refunded}, we know of ${our?.captured ?? 'none'} and ${our?.refunded ?? 'none'}`,
    ]
  })
  return {
    promise: 'Σ captured at the sandbox = Σ on paid orders + Σ refunded + Σ in flight',
    figures: `¥ ${money(taken)} = ${money(onOrders)} + ${money(refunded)} + ${money(inFlight)}, ${trades.length} trades`,
    holds: wrong.length === 0 && taken === onOrders + refunded + inFlight,
    wrong,
  }
}

const money = (amount: bigint): string => yuan(fen(amount))

/** Whether nothing of this run is on its way any more. What is past its time counts too, whoever's it is. */
export async function isSettled(sql: Sql, since: Date): Promise<boolean> {
  const [row] = await sql<{ settled: boolean }[]>`
    SELECT NOT EXISTS (SELECT 1 FROM orders WHERE status IN ('placing', 'awaiting_payment', 'closing')
                         AND (placed_at >= ${since} OR COALESCE(pay_by, placed_at) < now()))
       AND NOT EXISTS (SELECT 1 FROM notifications WHERE outcome IS NULL)
       AND NOT EXISTS (SELECT 1 FROM refunds WHERE created_at >= ${since} AND state = 'asked')
       AND NOT EXISTS (SELECT 1 FROM outbox) AS settled`
  return row?.settled ?? false
}
