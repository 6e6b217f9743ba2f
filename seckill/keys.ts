import type { OfferKey } from '../domain/seckill.ts'

/** The keys of an offer. They share one hash tag, so that a cluster keeps them on one node and one script may touch them all. */
export function keysOf({ session, sku }: OfferKey) {
  const tag = `seckill:{${session}:${sku}}`
  return {
    offer: `${tag}:offer`,
    buyers: `${tag}:buyers`,
    queue: `${tag}:queue`,
    token: (token: string) => `${tag}:token:${token}`,
    captcha: (id: string) => `${tag}:captcha:${id}`,
    /** Where a load gathers the buyers before they count, one for each epoch. */
    loading: (epoch: number) => `${tag}:loading:${epoch}`,
  }
}
