import fc from 'fast-check'
import type { CouponKind } from './amounts.ts'
import { orderOf } from './effects.ts'
import type { Op, RefundChoice } from './ops.ts'
import { remaining } from './refunding.ts'
import type { Channel, News, World } from './world.ts'

/**
 * What a story wants to happen, before it is known which orders there will be: `which` picks one of those
 * that there are, and `fit` says whether one is picked that it can succeed with.
 */
type Plan =
  | {
      is: 'place'
      buyer: number
      lines: { sku: number; quantity: number }[]
      coupon: CouponKind | undefined
      points: bigint
      balance: bigint
      payment: 'online' | 'on_delivery'
      near: boolean
    }
  | { is: 'join'; buyer: number; pieces: number }
  | { is: 'open'; which: number; fit: boolean; channel: Channel; news: News; wrong: boolean; late: boolean }
  | { is: 'pay'; which: number; fit: boolean }
  | { is: 'pay from wallet' | 'cancel'; which: number; fit: boolean }
  | { is: 'refund'; which: number; fit: boolean; what: RefundPart; restock: boolean | undefined }
type RefundPart = 'all' | 'a piece' | 'all pieces' | 'shipping' | 'nothing' | 'too much'

/** What happens together, and what is done to the machinery meanwhile. */
export type Step = { plans: readonly Plan[]; harm: 'kill a worker' | 'flush Redis' | undefined }

const often = (percent: number) => fc.nat(99).map((n) => n < percent)
const buyer = fc.nat(2)
const which = fc.nat(30)
const fit = often(92)

const place: fc.Arbitrary<Plan> = fc.record({
  is: fc.constant('place' as const),
  buyer,
  lines: fc.uniqueArray(fc.record({ sku: fc.nat(2), quantity: fc.integer({ min: 1, max: 3 }) }), {
    minLength: 1,
    maxLength: 2,
    selector: ({ sku }) => sku,
  }),
  coupon: fc.constantFrom(undefined, 'off' as const, 'percent' as const),
  points: fc.constantFrom(0n, 0n, 0n, 7n, 350n),
  balance: fc.constantFrom(0n, 0n, 0n, 333n, 4001n),
  payment: fc.constantFrom('online' as const, 'online' as const, 'online' as const, 'on_delivery' as const),
  near: often(20),
})
const join: fc.Arbitrary<Plan> = fc.record({
  is: fc.constant('join' as const),
  buyer,
  pieces: fc.constantFrom(1, 1, 1, 2, 3),
})
const open: fc.Arbitrary<Plan> = fc
  .record({
    is: fc.constant('open' as const),
    which,
    fit,
    channel: fc.constantFrom('wechat-v3' as const, 'wechat-v2' as const, 'alipay-qr' as const),
    news: fc.constantFrom<News>('once', 'once', 'twice', 'delayed', 'forged first', 'forged alone', 'lost'),
    wrong: often(10),
    late: often(40),
  })
  // Money that may be taken too late is always notified: only a statement would find it otherwise.
  .map((plan) => {
    if (plan.late) return { ...plan, news: 'once' as const }
    const isSilent = plan.news === 'lost' || plan.news === 'forged alone'
    return plan.channel === 'alipay-qr' && isSilent ? { ...plan, news: 'forged first' as const } : plan
  })
const pay: fc.Arbitrary<Plan> = fc.record({ is: fc.constant('pay' as const), which, fit })
const walletOrCancel: fc.Arbitrary<Plan> = fc.record({
  is: fc.constantFrom('pay from wallet' as const, 'cancel' as const),
  which,
  fit,
})
const refund: fc.Arbitrary<Plan> = fc.record({
  is: fc.constant('refund' as const),
  which,
  fit,
  what: fc.constantFrom<RefundPart>(
    'all',
    'a piece',
    'a piece',
    'all pieces',
    'shipping',
    'nothing',
    'too much',
  ),
  restock: fc.constantFrom(undefined, true, false),
})

const plan = fc.oneof(
  { weight: 5, arbitrary: place },
  { weight: 2, arbitrary: join },
  { weight: 5, arbitrary: open },
  { weight: 7, arbitrary: pay },
  { weight: 3, arbitrary: walletOrCancel },
  { weight: 4, arbitrary: refund },
)

/** A step of a story: one thing, or two or three at the same moment; now and then something breaks. */
export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: plan.map((one): Step => ({ plans: [one], harm: undefined })) },
  {
    weight: 5,
    arbitrary: fc
      .array(plan, { minLength: 2, maxLength: 3 })
      .map((plans): Step => ({ plans, harm: undefined })),
  },
  { weight: 1, arbitrary: plan.map((one): Step => ({ plans: [one], harm: 'kill a worker' })) },
  // What the gate has granted and nobody has staged goes with Redis, as is promised: nobody joins meanwhile.
  {
    weight: 1,
    arbitrary: fc
      .oneof(place, pay, walletOrCancel, refund)
      .map((one): Step => ({ plans: [one], harm: 'flush Redis' })),
  },
)

/** What the plans mean in this world, but for those without an order or trade. `n`: the step's number. */
export function opsOf(world: World, plans: readonly Plan[], n: number): Op[] {
  const opened = new Set<string>()
  return plans.flatMap((one, i): Op[] => {
    const op = opOf(world, one, `o${n}.${i}`)
    if (op?.is !== 'open') return op ? [op] : []
    // Which of two openings of one trade comes first decides how it is notified: one at a time.
    if (opened.has(op.order)) return []
    opened.add(op.order)
    return [op]
  })
}

function opOf(world: World, plan: Plan, key: string): Op | undefined {
  if (plan.is === 'place') {
    const owns = plan.coupon !== undefined && world.buyers[plan.buyer]?.coupons[plan.coupon] !== undefined
    return { ...plan, key, coupon: owns ? plan.coupon : undefined }
  }
  if (plan.is === 'join') return { ...plan, key }
  if (plan.is === 'pay') {
    const trade = picked(
      Object.entries(world.trades),
      plan,
      ([, { atProvider, late }]) => atProvider === 'open' || (late && atProvider === 'closed'),
    )
    return trade === undefined ? undefined : { is: 'pay', trade }
  }
  const payable = plan.is === 'open' || plan.is === 'pay from wallet'
  const order = picked(Object.entries(world.orders), plan, ([, { status }]) =>
    plan.is === 'refund'
      ? status === 'to_ship'
      : payable
        ? status === 'awaiting_payment'
        : status !== 'closed',
  )
  if (order === undefined || waitsForItsTurn(world, order)) return undefined
  if (plan.is !== 'refund') return { ...plan, order }
  return { is: 'refund', order, choice: choiceOf(world, order, plan), restock: plan.restock }
}

/** Between two refunds of a trade WeChat wants a minute, which no story waits; Alipay wants seconds. */
function waitsForItsTurn(world: World, key: string): boolean {
  const { paidBy } = orderOf(world, key)
  const trade = paidBy === undefined ? undefined : world.trades[paidBy]
  return trade !== undefined && trade.channel !== 'alipay-qr' && trade.back > 0n
}

function picked<T>(
  all: [string, T][],
  { which, fit }: { which: number; fit: boolean },
  fits: (entry: [string, T]) => boolean,
): string | undefined {
  const fitting = fit ? all.filter(fits) : []
  const from = fitting.length > 0 ? fitting : all
  return from[which % Math.max(1, from.length)]?.[0]
}

function choiceOf(
  world: World,
  key: string,
  { what, which }: { what: RefundPart; which: number },
): RefundChoice {
  const order = orderOf(world, key)
  const left = remaining(order)
  const one = left[which % Math.max(1, left.length)]
  switch (what) {
    case 'all':
      return undefined
    case 'a piece':
      return { lines: one ? [{ line: one.line, quantity: 1 }] : [], shipping: false }
    case 'all pieces':
      return { lines: left, shipping: false }
    case 'shipping':
      return { lines: [], shipping: true }
    case 'nothing':
      return { lines: [], shipping: false }
    case 'too much':
      return { lines: [{ line: 0, quantity: (order.lines[0]?.quantity ?? 0) + 1 }], shipping: false }
  }
}

/** An operation in a line. */
export const inWords = (op: Op): string =>
  JSON.stringify(op, (_, part) => (typeof part === 'bigint' ? `${part} fen` : part))
