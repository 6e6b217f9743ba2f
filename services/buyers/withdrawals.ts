import type { Sql, Tx } from '../../db/types.ts'
import type { UserId } from '../../domain/ids.ts'

/**
 * What is withdrawn: one token by its `jti`, or all tokens (of one user, or of everybody) issued before a
 * moment.
 */
export type Withdrawal = { jti: string } | { user: UserId; before: Date } | { everybody: true; before: Date }

/**
 * Withdraws tokens; every API process heeds it within seconds. A withdrawal is kept as long as a token may
 * live (`maxLifeS`), and goes when the next one is written.
 */
export function withdrawTokens(sql: Sql, what: Withdrawal, maxLifeS: number): Promise<void> {
  return sql.begin((tx) => withdrawIn(tx, what, maxLifeS))
}

/** The same within a transaction of the caller's. */
export async function withdrawIn(tx: Tx, what: Withdrawal, maxLifeS: number): Promise<void> {
  const {
    jti = null,
    user = null,
    before = null,
  } = {
    ...{ jti: undefined, user: undefined, before: undefined },
    ...what,
  }
  await tx`
    DELETE FROM token_withdrawals
    WHERE ends_at < now()`
  await tx`
    INSERT INTO token_withdrawals (jti, user_id, before, ends_at)
    VALUES (${jti}, ${user}, ${before}, now() + make_interval(secs => ${maxLifeS}))`
}

/** Blocks an account, or lets it go on. False when there is no such user. */
export async function blockUser(sql: Sql, user: UserId, blocked: boolean): Promise<boolean> {
  const changed = await sql`
    UPDATE users
    SET blocked = ${blocked}
    WHERE id = ${user}`
  return changed.count === 1
}

type Row = { jti: string | null; user: string | null; before: Date | null }

/** All that is withdrawn at present, and whose accounts are blocked. Moments in ms since 1970. */
export async function readWithdrawn(sql: Sql): Promise<{
  jtis: Set<string>
  ofUser: Map<string, number>
  before: number
  blocked: Set<string>
}> {
  const rows = await sql<Row[]>`
    SELECT jti, user_id::text AS user, before
    FROM token_withdrawals
    WHERE ends_at >= now()`
  const blocked = await sql<{ id: string }[]>`
    SELECT id::text AS id
    FROM users
    WHERE blocked`
  const ofUser = new Map<string, number>()
  let everybody = 0
  for (const { user, before } of rows) {
    const moment = before?.getTime() ?? 0
    if (user !== null) ofUser.set(user, Math.max(moment, ofUser.get(user) ?? 0))
    else everybody = Math.max(moment, everybody)
  }
  return {
    jtis: new Set(rows.flatMap(({ jti }) => (jti === null ? [] : [jti]))),
    ofUser,
    before: everybody,
    blocked: new Set(blocked.map(({ id }) => id)),
  }
}
