import type { Sql } from '../../db/types.ts'
import { type Ids, isId, type UserId } from '../../domain/ids.ts'

/**
 * The ids that are made here have this bit, and no subject with it is taken for an id: neither can pass for
 * the other.
 */
const madeHere = 1n << 62n

/** Who signed in, by whose word. */
type Subject = { issuer: string; subject: string }

/** How many subjects are kept in memory. */
const kept = 100_000

/**
 * Says which user of ours an issuer's subject is. A decimal snowflake is the user's id itself: such shops
 * sign in with our ids. Any other subject (a UUID, `auth0|…`, a name) gets an id at first sight, one for
 * ever, however many ask at once.
 */
export function createIdentities({ sql, ids }: { sql: Sql; ids: Ids }) {
  const known = new Map<string, UserId>()
  return async (whose: Subject): Promise<UserId> => {
    const { issuer, subject } = whose
    if (isOwnId(subject)) return subject as UserId // Checked just before.
    const key = `${issuer}\n${subject}`
    const user = known.get(key) ?? (await find(sql, whose)) ?? (await make({ sql, ids }, whose))
    known.delete(key)
    known.set(key, user)
    const oldest = known.size > kept ? known.keys().next().value : undefined
    if (oldest !== undefined) known.delete(oldest)
    return user
  }
}

/** Whether a subject is a user's id as it stands. */
const isOwnId = (subject: string): boolean => isId(subject) && BigInt(subject) < madeHere

type Found = { user: UserId }

async function find(sql: Sql, { issuer, subject }: Subject): Promise<UserId | undefined> {
  const [row] = await sql<Found[]>`
    SELECT user_id::text AS user
    FROM identities
    WHERE issuer = ${issuer}
      AND subject = ${subject}`
  return row?.user
}

/**
 * Makes the identity and its user in one statement; who comes second finds the first one's in a later
 * statement.
 */
async function make({ sql, ids }: { sql: Sql; ids: Ids }, whose: Subject): Promise<UserId> {
  const { issuer, subject } = whose
  const id = (BigInt(ids.next()) | madeHere).toString()
  const [made] = await sql<Found[]>`
    WITH identity AS (
      INSERT INTO identities (issuer, subject, user_id)
      VALUES (${issuer}, ${subject}, ${id})
      ON CONFLICT (issuer, subject) DO NOTHING
      RETURNING user_id
    )
    INSERT INTO users (id)
    SELECT user_id FROM identity
    RETURNING id::text AS user`
  const user = made?.user ?? (await find(sql, whose))
  if (user === undefined) throw new Error('an identity was neither made nor found')
  return user
}
