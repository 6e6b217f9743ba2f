import type postgres from 'postgres'

type Types = { bigint: bigint }
/** A pool, or one of its connections. */
export type Sql = postgres.Sql<Types>
/** A transaction: statements go in order over one connection, and an exception rolls all of them back. */
export type Tx = postgres.TransactionSql<Types>
