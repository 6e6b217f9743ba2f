import type { Sql } from '../../db/types.ts'
import type { Ledger } from '../../sandbox/client.ts'

/** What the API has answered to buyers and operators. At the end all of it has to be true. */
type Acknowledged = {
  placed(order: string): void
  paid(order: string): void
  closed(order: string): void
  /** A flash sale's ticket has become an order that waits for its payment. */
  won(ticket: string): void
  refunded(number: string): void
  /** The buyer or an operator wants the money back: from now on a paid order may be closed. */
  wantsBack(order: string): void
}
export type Promises = Acknowledged & {
  counts(): Record<string, number>
  /** What was answered and is not so, in words. */
  broken(sql: Sql, ledger: Ledger): Promise<string[]>
}

type Row = {
  id: string
  status: string
  payState: string
  closedWhy: string | null
  /** Whether it was closed before it could have been paid no more. */
  early: boolean
}

/** Collects what was answered, and compares it with the rows at the end. */
export function createPromises(): Promises {
  const [placed, paid, closed, won] = [
    new Set<string>(),
    new Set<string>(),
    new Set<string>(),
    new Set<string>(),
  ]
  const [refunds, wantedBack] = [new Set<string>(), new Set<string>()]

  const wrongOf = ({ id, status, payState, closedWhy, early }: Row): string | undefined => {
    const hasMoney = ['paid', 'partly_refunded', 'refunded'].includes(payState)
    const isLost = status === 'closed' && !wantedBack.has(id)
    if (paid.has(id) && (!hasMoney || isLost)) return `was answered as paid, and is ${status}, ${payState}`
    if (closed.has(id) && status !== 'closed') return `was answered as closed, and is ${status}, ${payState}`
    if (placed.has(id) && (status === 'rejected' || status === 'placing'))
      return `was answered as placed, and is ${status}`
    const timedOut = closedWhy === 'pay_timeout' && !early
    if (won.has(id) && isLost && !timedOut)
      return `was answered as won, and is ${status}, ${payState}, ${closedWhy}${early ? ', before its time' : ''}`
    return undefined
  }

  return {
    placed: (order) => placed.add(order),
    paid: (order) => paid.add(order),
    closed: (order) => closed.add(order),
    won: (ticket) => won.add(ticket),
    refunded: (number) => refunds.add(number),
    wantsBack: (order) => wantedBack.add(order),
    counts: () => ({
      placed: placed.size,
      paid: paid.size,
      closed: closed.size,
      won: won.size,
      refunded: refunds.size,
    }),
    async broken(sql, ledger) {
      const known = [...new Set([...placed, ...paid, ...closed, ...won])]
      const rows = await sql<Row[]>`
        SELECT id::text AS id,
               status,
               pay_state AS "payState",
               closed_why AS "closedWhy",
               COALESCE(closed_at < pay_by, false) AS early
        FROM orders
        WHERE id = ANY(${known}::bigint[])`
      const found = new Map(rows.map((row) => [row.id, row]))
      const orders = known.flatMap((id) => {
        const row = found.get(id)
        const wrong = row ? wrongOf(row) : 'was answered, and is not there'
        return wrong ? [`order ${id} ${wrong}`] : []
      })
      return [...orders, ...(await refundsMissing(sql, refunds, ledger))]
    },
  }
}

/** Refunds that were promised and are not at their end, here and at the provider. */
async function refundsMissing(sql: Sql, answered: ReadonlySet<string>, ledger: Ledger): Promise<string[]> {
  const rows = await sql<{ number: string; state: string; sent: boolean }[]>`
    SELECT r.number,
           r.state,
           COALESCE(a.provider <> 'balance', false) AS sent
    FROM refunds r
    LEFT JOIN attempts a ON a.number = r.attempt
    WHERE r.number = ANY(${[...answered]}::text[])`
  const found = new Map(rows.map((row) => [row.number, row]))
  const atProvider = new Map(ledger.refunds.map((refund) => [refund.outRefundNo, refund.status]))
  return [...answered].flatMap((number) => {
    const row = found.get(number)
    if (row?.state !== 'success')
      return [`refund ${number} was answered, and is ${row?.state ?? 'not there'}`]
    const there = atProvider.get(number)
    if (row.sent && there !== 'SUCCESS') return [`refund ${number} is ${there ?? 'unknown'} at its provider`]
    return []
  })
}
