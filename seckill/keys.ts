import type { UserId } from '../domain/ids.ts'
import type { OfferKey } from '../domain/seckill.ts'

/** The keys of an offer. They share one hash tag, so that a cluster keeps them on one node and one script may touch them all. */
export function keysOf({ session, sku }: OfferKey) {
  const tag = `seckill:{${session}:${sku}}`
  return {
    offer: `${tag}:offer`,
    queue: `${tag}:queue`,
    token: (buyer: UserId, token: string) => `${tag}:token:${buyer}:${token}`,
    captcha: (id: string) => `${tag}:captcha:${id}`,
    /** Where a load gathers the buyers before they count, one for each epoch. */
    loading: (epoch: number) => `${tag}:loading:${epoch}`,
  }
}
