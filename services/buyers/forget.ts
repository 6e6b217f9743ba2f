import type { Sql, Tx } from '../../db/types.ts'
import type { UserId } from '../../domain/ids.ts'
import type { Carts } from '../../redis/carts/carts.ts'
import { forgetInOrders } from '../orders/forget.ts'
import { forgetInPayments } from '../payments/forget.ts'
import { withdrawIn } from './withdrawals.ts'

type Deps = { sql: Sql; carts: Pick<Carts, 'clear'> }
type Forgetting = {
  buyer: UserId
  /** How long addresses stay in orders that were bought, days from the order on. */
  addressDays: number
}

/**
 * Forgets a buyer: tokens, addresses, sign-in, cart, notes, payers' ids, what operators wrote. Amounts, goods
 * and times stay: they are the shop's books, under a number that names nobody. The addresses of orders that
 * were bought go when the law lets them (`addressDays`), by `forgetDue`. As often as you like. False: there
 * is no such buyer.
 * @param maxTokenLifeS how long a token lives at the most: what was issued until now is good no longer, and a
 * page that is still open cannot write an address into the emptied account
 */
export async function forgetBuyer(
  { sql, carts }: Deps,
  { maxTokenLifeS, ...forgetting }: Forgetting & { maxTokenLifeS: number },
): Promise<boolean> {
  const { buyer } = forgetting
  const known = await sql.begin(async (tx) => {
    if (!(await forgetRows(tx, forgetting))) return false
    await withdrawIn(tx, { user: buyer, before: new Date() }, maxTokenLifeS)
    return true
  })
  if (known) await carts.clear(buyer)
  return known
}

async function forgetRows(tx: Tx, { buyer, addressDays }: Forgetting): Promise<boolean> {
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
}

/** Forgets what had to be kept when its buyer was forgotten, and is due by now. Answers how many buyers. */
export async function forgetDue(deps: Deps, addressDays: number): Promise<number> {
  const due = await deps.sql<{ id: UserId }[]>`
    SELECT id::text AS id
    FROM users
    WHERE forget_again_at <= now()
    ORDER BY forget_again_at
    LIMIT 50`
  for (const { id } of due) {
    await deps.sql.begin((tx) => forgetRows(tx, { buyer: id, addressDays }))
    await deps.carts.clear(id)
  }
  return due.length
}
