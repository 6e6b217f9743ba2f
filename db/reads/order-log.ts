import type { OrderStatus } from '../../domain/order.ts'
import type { Sql } from '../types.ts'

/** No transaction lasts so long (the driver's and the server's time-outs): who wrote before has committed. */
const settledS = 60

type Row = { status: OrderStatus; reached: number; settled: number; edge: bigint }

/**
 * Counts how many orders have reached each status since the first call, and answers by how much that has
 * grown since the last one. It reads the log's new rows alone. Ids are given out in order and committed in
 * any: rows of the last minute are read again each time, so that one that comes late is counted as well.
 */
export function countStatusChanges(sql: Sql): () => Promise<{ status: OrderStatus; count: number }[]> {
  let edge: bigint | undefined
  const settled = new Map<OrderStatus, number>()
  const answered = new Map<OrderStatus, number>()

  return async () => {
    if (edge === undefined) {
      edge = await newest(sql)
      return []
    }
    const rows = await rowsAfter(sql, edge)
    const grown = rows.map(({ status, reached }) => {
      const count = (settled.get(status) ?? 0) + reached
      const before = answered.get(status) ?? 0
      answered.set(status, count)
      return { status, count: count - before }
    })
    for (const row of rows) {
      settled.set(row.status, (settled.get(row.status) ?? 0) + row.settled)
      edge = row.edge
    }
    return grown
  }
}

async function newest(sql: Sql): Promise<bigint> {
  const [row] = await sql<{ id: bigint | null }[]>`
    SELECT max(id) AS id
    FROM order_log`
  return row?.id ?? 0n
}

/** `edge`: every row up to it is settled, and is not read again. */
const rowsAfter = (sql: Sql, edge: bigint) => sql<Row[]>`
  WITH tail AS MATERIALIZED (
    SELECT id,
           from_status,
           to_status,
           at >= now() - make_interval(secs => ${settledS}) AS fresh
    FROM order_log
    WHERE id > ${edge}),
  settled AS (
    SELECT COALESCE(min(id) FILTER (WHERE fresh) - 1, max(id)) AS edge
    FROM tail)
  SELECT to_status AS status,
         count(*) FILTER (WHERE from_status IS DISTINCT FROM to_status)::int AS reached,
         count(*) FILTER (WHERE from_status IS DISTINCT FROM to_status AND id <= edge)::int AS settled,
         edge
  FROM tail
  CROSS JOIN settled
  GROUP BY to_status, edge`
