import type { OfferKey } from '../../domain/flash-sale.ts'
import type { UserId } from '../../domain/ids.ts'

/**
 * The keys of an offer. They share one hash tag, so that a cluster keeps them on one node and one script may
 * touch them all. Methods, as tsx names other functions whenever they are made, which costs a join time.
 */
export function keysOf({ session, sku }: OfferKey) {
  const tag = `seckill:{${session}:${sku}}`
  return {
    offer: `${tag}:offer`,
    queue: `${tag}:queue`,
    token(buyer: UserId, token: string) {
      return `${tag}:token:${buyer}:${token}`
    },
    challenge(id: string) {
      return `${tag}:challenge:${id}`
    },
    /** The buyers of a load before they count, one key for each epoch. */
    loading(epoch: number) {
      return `${tag}:loading:${epoch}`
    },
  }
}
