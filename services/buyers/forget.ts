import type { Sql } from '../../db/types.ts'
import type { UserId } from '../../domain/ids.ts'
import type { Carts } from '../../redis/carts/carts.ts'
import { forgetInOrders } from '../orders/forget.ts'
import { forgetInPayments } from '../payments/forget.ts'

type Deps = { sql: Sql; carts: Pick<Carts, 'clear'> }

/**
 * Forgets a buyer: addresses, sign-in, cart, notes, payers' ids, what operators wrote. Amounts, goods and
 * times stay: they are the shop's books, under a number that names nobody. The addresses of orders that were
 * bought go when the law lets them (`addressDays`), by `forgetDue`. As often as you like. False: there is no
 * such buyer.
 */
export async function forgetBuyer(
  { sql, carts }: Deps,
  { buyer, addressDays }: { buyer: UserId; addressDays: number },
): Promise<boolean> {
  const known = await sql.begin(async (tx) => {
    const [user] = await tx`
      SELECT 1
      FROM users
      WHERE id = ${buyer}
      FOR UPDATE`
    if (!user) return false
    await tx`DELETE FROM identities WHERE user_id = ${buyer}`
    await tx`DELETE FROM addresses WHERE user_id = ${buyer}`
    await forgetInPayments(tx, buyer)
    const due = await forgetInOrders(tx, { buyer, addressDays })
    await tx`
      UPDATE users
      SET forget_again_at = ${due}
      WHERE id = ${buyer}`
    return true
  })
  if (known) await carts.clear(buyer)
  return known
}

/** Forgets what had to be kept when its buyer was forgotten, and is due by now. Answers how many buyers. */
export async function forgetDue(deps: Deps, addressDays: number): Promise<number> {
  const due = await deps.sql<{ id: UserId }[]>`
    SELECT id::text AS id
    FROM users
    WHERE forget_again_at <= now()
    ORDER BY forget_again_at
    LIMIT 50`
  for (const { id } of due) await forgetBuyer(deps, { buyer: id, addressDays })
  return due.length
}
