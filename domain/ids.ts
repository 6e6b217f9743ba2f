/** Ids are snowflakes: 64-bit, ascending with time, decimal strings outside the database. */
type Id<T extends string> = string & { readonly __id: T }
export type OrderId = Id<'order'>
export type UserId = Id<'user'>
export type SkuId = Id<'sku'>
export type AddressId = Id<'address'>
/** A coupon that somebody holds (`user_coupons`), not the kind of coupon. */
export type CouponId = Id<'coupon'>
export type AttemptNumber = Id<'attempt'>
export type NotificationId = Id<'notification'>
/** Derived from the refund's cause, so that all who find the cause find one refund. */
export type RefundNumber = Id<'refund'>
/** A flash sale's time slot: `2019052614`, its hour in Shanghai. */
export type SessionId = Id<'session'>

const decimal = /^[1-9]\d{0,18}$/

/** Whether a string can be one of our ids: a positive decimal that fits PostgreSQL's bigint. */
export const isId = (text: string): boolean => decimal.test(text) && BigInt(text) <= 9223372036854775807n

/** One id helper a workflow: its Temporal workflow id. */
export const orderWorkflowId = (id: OrderId): string => `order-${id}`
/** The workflow that sends a refund, one a number. */
export const refundWorkflowId = (number: RefundNumber): string => `refund-${number}`
/** The workflow that runs a session. */
export const sessionWorkflowId = (id: SessionId): string => `session-${id}`
/** The workflow that reconciles a day’s statement of a provider. */
export const reconcileWorkflowId = ({ provider, date }: { provider: string; date: string }): string =>
  `reconcile-${provider}-${date}`

/** The Redis channel that says that an order's row has changed. */
export const orderChannel = (id: OrderId): string => `order:${id}`

/** Floodgate's epoch: 2024-01-01T00:00:00Z. */
const epoch = 1_704_067_200_000n

export type Ids = { next(): string }

/** When an id was made, ms since 1970. */
export const madeAt = (id: string): number => Number((BigInt(id) >> 22n) + epoch)

/**
 * Makes snowflakes: 41 bits of ms, 10 bits of worker, 12 bits of sequence. A full millisecond borrows from
 * the next one, and a clock set back goes on from the last id, so ids never repeat and never descend while
 * `worker` is this process's alone (a lease in PostgreSQL).
 */
export function snowflakes(worker: number, now: () => number = Date.now): Ids {
  let last = 0n
  return {
    next() {
      const fromClock = (BigInt(now()) - epoch) << 22n
      const after = last >> 22n
      const time = fromClock >> 22n
      const sequence = time > after ? 0n : (last & 0xfffn) + 1n
      const base = time > after ? time : after
      last =
        sequence > 0xfffn
          ? ((base + 1n) << 22n) | (BigInt(worker) << 12n)
          : (base << 22n) | (BigInt(worker) << 12n) | sequence
      return last.toString()
    },
  }
}
