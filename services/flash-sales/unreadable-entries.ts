import type { OfferKey } from '../../domain/flash-sale.ts'
import { isId } from '../../domain/ids.ts'
import type { Queued } from '../../redis/gate/queue.ts'
import { raiseAttention } from '../operations/attention.ts'
import type { FlashSaleDeps } from './deps.ts'

const within = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most

/** Whether the columns of a ticket can hold it. */
export const isReadable = ({ ticket, buyer, address, pieces, seq, epoch }: Queued): boolean =>
  [ticket, buyer, address].every(isId) &&
  within(pieces, 1, 999) &&
  within(seq, 0, 2 ** 31 - 1) &&
  Number.isInteger(epoch)

/** What the script did not write cannot become an order: a human is shown it, and the others go on. */
export async function setAside(
  { sql, queue }: FlashSaleDeps,
  offer: OfferKey,
  entries: readonly Queued[],
): Promise<void> {
  const unreadable = entries.filter((entry) => !isReadable(entry))
  for (const { entry, ticket, buyer } of unreadable) {
    await raiseAttention(sql, {
      reason: 'queue_entry_unreadable',
      subject: `${offer.session} ${offer.sku} ${entry}`,
      details: { ticket: shown(ticket), buyer: shown(buyer) },
    })
  }
  await queue.acknowledge(
    offer,
    unreadable.map((entry) => ({ ...entry, pieces: 0, seq: 0, refused: true })),
  )
}

/** As much as a human needs, without what PostgreSQL cannot store. */
const shown = (text: string): string => text.slice(0, 64).replaceAll('\0', '\uFFFD')
