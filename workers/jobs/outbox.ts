import { removeFromOutbox, takeOutbox } from '../../services/orders/outbox.ts'
import { batch, type JobsDeps } from './deps.ts'

/**
 * Does in other stores what a commit promised, until it is done; only then the entry goes. Answers how many
 * were due.
 */
export async function emptyOutbox({ sql, carts, log }: JobsDeps): Promise<number> {
  const due = await takeOutbox(sql, batch)
  for (const { id, payload } of due) {
    try {
      await carts.removeBought(payload.buyerId, payload.bought)
      await removeFromOutbox(sql, id)
    } catch (error) {
      log.warn({ error, id }, 'an entry of the outbox is tried again')
    }
  }
  return due.length
}
