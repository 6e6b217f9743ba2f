import type { AddressSnapshot } from '../../domain/address.ts'
import type { AddressId, UserId } from '../../domain/ids.ts'
import type { Sql, Tx } from '../types.ts'

export type Address = AddressSnapshot & { id: AddressId; isDefault: boolean }

export const addressColumns = (sql: Sql | Tx) =>
  sql`id::text AS id, name, phone, province, city, district, street, post_code AS "postCode", label, is_default AS "isDefault"`

/** A buyer's addresses, the default one first. */
export function listAddresses(sql: Sql | Tx, user: UserId): Promise<Address[]> {
  return sql<
    Address[]
  >`SELECT ${addressColumns(sql)} FROM addresses WHERE user_id = ${user} ORDER BY is_default DESC, id DESC`
}

/** One of a buyer’s addresses; somebody else’s is none. */
export async function readAddress(sql: Sql | Tx, user: UserId, id: string): Promise<Address | undefined> {
  const [address] = await sql<
    Address[]
  >`SELECT ${addressColumns(sql)} FROM addresses WHERE user_id = ${user} AND id = ${id}`
  return address
}
