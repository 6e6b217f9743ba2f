import type { UserId } from '../../domain/ids.ts'

/** Counts a request of a buyer. Undefined when it may be answered, otherwise the whole seconds to wait. */
export type BuyerLimit = (buyer: UserId) => number | undefined

const windowMs = 60_000

/**
 * At most `perMinute` requests a buyer in any minute, as a sliding window: this minute's requests and, of
 * those of the minute before, the share that is less than a minute ago. Counted in this process, because a
 * join can afford no call more: with N processes a buyer may make N times as many. Refused requests are not
 * counted.
 */
export function createBuyerLimit(perMinute: number, now: () => number = Date.now): BuyerLimit {
  let minute = 0
  let current = new Map<UserId, number>()
  let before = new Map<UserId, number>()

  return (buyer) => {
    const time = now()
    const thisMinute = Math.floor(time / windowMs)
    if (thisMinute !== minute) {
      before = thisMinute === minute + 1 ? current : new Map()
      current = new Map()
      minute = thisMinute
    }
    const restMs = windowMs - (time % windowMs)
    const count = current.get(buyer) ?? 0
    const earlier = before.get(buyer) ?? 0
    if (count + 1 + (earlier * restMs) / windowMs <= perMinute) {
      current.set(buyer, count + 1)
      return undefined
    }
    // Until the older requests weigh so little that one more fits: this minute's only begin to lose weight in
    // the next.
    const waitMs =
      count < perMinute
        ? restMs - (windowMs * (perMinute - count - 1)) / earlier
        : restMs + windowMs * (1 - (perMinute - 1) / count)
    return Math.max(1, Math.ceil(waitMs / 1000))
  }
}
