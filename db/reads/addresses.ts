import type { AddressSnapshot } from '../../domain/address.ts'
import type { AddressId, UserId } from '../../domain/ids.ts'
import type { Sql, Tx } from '../types.ts'

export type Address = AddressSnapshot & { id: AddressId; isDefault: boolean }

/** The columns of an `Address`, for a list after SELECT or RETURNING. */
export const addressColumns = (sql: Sql | Tx) => sql`
  id::text AS id,
  name,
  phone,
  province,
  city,
  district,
  street,
  post_code AS "postCode",
  label,
  is_default AS "isDefault"`

/** A buyer's addresses, the default one first, then the newest. */
export const listAddresses = (sql: Sql | Tx, user: UserId): Promise<Address[]> =>
  sql<Address[]>`
    SELECT ${addressColumns(sql)}
    FROM addresses
    WHERE user_id = ${user}
    ORDER BY is_default DESC, id DESC`

/** One of a buyer's addresses; undefined: there is none, or it is somebody else's. */
export async function readAddress(sql: Sql | Tx, user: UserId, id: string): Promise<Address | undefined> {
  const [address] = await sql<Address[]>`
    SELECT ${addressColumns(sql)}
    FROM addresses
    WHERE user_id = ${user}
      AND id = ${id}`
  return address
}
