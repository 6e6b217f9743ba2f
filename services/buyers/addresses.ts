import { type Address, addressColumns, listAddresses, readAddress } from '../../db/reads/addresses.ts'
import type { Sql, Tx } from '../../db/types.ts'
import type { UserId } from '../../domain/ids.ts'

const mostAddresses = 50

/**
 * Adds an address; the first one is the default, whether asked or not. Undefined when the buyer has as many
 * as one may have. Makes the buyer's row: who has never been here before has no address yet.
 */
export function createAddress(
  sql: Sql,
  user: UserId,
  { id, isDefault, ...at }: Address,
): Promise<Address | undefined> {
  return sql.begin(async (tx) => {
    await tx`INSERT INTO users (id) VALUES (${user}) ON CONFLICT DO NOTHING`
    const present = await lockedAddresses(tx, user)
    if (present.length >= mostAddresses) return undefined
    const first = !present.some((address) => address.isDefault)
    if (isDefault && !first) await dropDefault(tx, user)
    await tx`
      INSERT INTO addresses (id, user_id, name, phone, province, city, district, street, post_code, label,
                             is_default)
      VALUES (${id}, ${user}, ${at.name}, ${at.phone}, ${at.province}, ${at.city}, ${at.district},
              ${at.street}, ${at.postCode}, ${at.label}, ${isDefault || first})`
    return readAddress(tx, user, id)
  })
}

export type AddressChange = { id: string } & { [K in keyof Omit<Address, 'id'>]?: Address[K] | undefined }

/**
 * Changes what is given. There is exactly one default: another one can be made it, but none can just stop
 * being it. Undefined: not this buyer's.
 */
export function changeAddress(
  sql: Sql,
  user: UserId,
  { id, ...change }: AddressChange,
): Promise<Address | undefined> {
  return sql.begin(async (tx) => {
    const before = (await lockedAddresses(tx, user)).find((address) => address.id === id)
    if (!before) return undefined
    if (change.isDefault && !before.isDefault) await dropDefault(tx, user)
    const given = (value: string | undefined) => value ?? null
    const [after] = await tx<Address[]>`
      UPDATE addresses
      SET name = coalesce(${given(change.name)}, name),
          phone = coalesce(${given(change.phone)}, phone),
          province = coalesce(${given(change.province)}, province),
          city = coalesce(${given(change.city)}, city),
          district = coalesce(${given(change.district)}, district),
          street = coalesce(${given(change.street)}, street),
          post_code = coalesce(${given(change.postCode)}, post_code),
          label = coalesce(${given(change.label)}, label),
          is_default = is_default OR ${change.isDefault === true}
      WHERE id = ${id}
      RETURNING ${addressColumns(tx)}`
    return after
  })
}

/**
 * Removes an address; when it was the default, the newest of the others becomes it. False: not this buyer's.
 */
export function removeAddress(sql: Sql, user: UserId, id: string): Promise<boolean> {
  return sql.begin(async (tx) => {
    const present = await lockedAddresses(tx, user)
    const gone = present.find((address) => address.id === id)
    if (!gone) return false
    await tx`DELETE FROM addresses WHERE id = ${id}`
    const next = present.find((address) => address.id !== id)
    if (gone.isDefault && next) await tx`UPDATE addresses SET is_default = true WHERE id = ${next.id}`
    return true
  })
}

/** The buyer's row is the lock under which addresses change: two first addresses at once make one default. */
async function lockedAddresses(tx: Tx, user: UserId): Promise<Address[]> {
  await tx`SELECT 1 FROM users WHERE id = ${user} FOR NO KEY UPDATE`
  return listAddresses(tx, user)
}

async function dropDefault(tx: Tx, user: UserId): Promise<void> {
  await tx`UPDATE addresses SET is_default = false WHERE user_id = ${user} AND is_default`
}
