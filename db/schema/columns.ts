import { bigint, customType, timestamp } from 'drizzle-orm/pg-core'

/** A snowflake id; `bigint` in code that reads through drizzle, text in JSON. */
export const id = (name: string) => bigint(name, { mode: 'bigint' })

/** An amount in fen. */
export const fen = (name: string) => bigint(name, { mode: 'bigint' })

export const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

/** A moment, with its time zone. */
export const moment = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })
