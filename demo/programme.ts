import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../db/seed/random.ts'
import * as paid from './scenes-paid.ts'
import * as refused from './scenes-refused.ts'
import * as troubled from './scenes-troubled.ts'
import type { Act, Stage } from './stage.ts'

type Entry = { title: string; act: Act; times: number; orders: number; early?: true }

/** What is played: 300 orders. `early`: it takes a deadline to end, so it is not begun last. */
const programme: Entry[] = [
  {
    title: 'paid by WeChat, notified by its signed callback · 微信支付',
    act: paid.byCode('wechat-v3'),
    times: 79,
    orders: 1,
  },
  {
    title: 'paid by WeChat’s older protocol (v2) · 微信支付 v2',
    act: paid.byCode('wechat-v2'),
    times: 9,
    orders: 1,
  },
  { title: 'paid by Alipay · 支付宝', act: paid.byCode('alipay-qr'), times: 20, orders: 1 },
  {
    title: 'paid, and called off before it is shipped: refunded · 付款后取消',
    act: paid.calledOff,
    times: 5,
    orders: 1,
  },
  { title: 'paid from the wallet · 余额支付', act: paid.balance, times: 38, orders: 1 },
  {
    title: 'nothing due: all from the wallet when placing · 余额全额抵扣',
    act: paid.nothingDue,
    times: 8,
    orders: 1,
  },
  { title: 'cash on delivery · 货到付款', act: paid.onDelivery, times: 34, orders: 1 },
  {
    title: 'WeChat first, then the wallet: never both · 切换支付方式',
    act: paid.changedMind,
    times: 4,
    orders: 1,
  },
  {
    title: 'never paid: closed by the timer, all given back · 超时关闭',
    act: troubled.neverPaid,
    times: 24,
    orders: 1,
    early: true,
  },
  {
    title: 'paid in the second the timer fires: one end, never two · 临界支付',
    act: troubled.lastSecond,
    times: 12,
    orders: 1,
    early: true,
  },
  { title: 'cancelled by the buyer · 买家取消', act: troubled.cancelled, times: 13, orders: 1 },
  {
    title: 'six buyers for the last piece: one has it · 最后一件',
    act: refused.lastPiece,
    times: 4,
    orders: 6,
  },
  { title: 'a used coupon is refused · 优惠券已用', act: refused.usedCoupon, times: 11, orders: 2 },
  { title: 'an empty wallet is refused · 余额不足', act: refused.emptyWallet, times: 4, orders: 1 },
  { title: 'a forged callback is not believed · 伪造通知', act: troubled.forged, times: 1, orders: 1 },
  {
    title: 'the callback is lost: the watch finds the money · 通知丢失',
    act: troubled.lostCallback,
    times: 1,
    orders: 1,
    early: true,
  },
  {
    title: 'paid after it closed: refunded · 关闭后支付',
    act: troubled.paidLate,
    times: 1,
    orders: 1,
    early: true,
  },
  {
    title: 'paid a wrong amount: refunded · 金额不符',
    act: troubled.wrongAmount,
    times: 1,
    orders: 1,
    early: true,
  },
]

/** How many orders the programme has. */
export const orderCount = programme.reduce((sum, { times, orders }) => sum + times * orders, 0)

export type Played = { title: string; times: number; problems: string[] }

/** Begins one act after the other over `overMs`, waits until all have ended, and says how each kind went. */
export async function play(stage: Stage, dice: Random, overMs: number): Promise<Played[]> {
  const acts = programme.flatMap((entry) =>
    Array.from({ length: entry.times }, () => ({ entry, when: dice.between(0, entry.early ? 500 : 1000) })),
  )
  acts.sort((a, b) => a.when - b.when)
  const problems = new Map<Entry, string[]>(programme.map((entry) => [entry, []]))
  const began = Date.now()
  let orders = 0
  await Promise.all(
    acts.map(async ({ entry }) => {
      orders += entry.orders
      await pause((orders / orderCount) * overMs - (Date.now() - began))
      await entry
        .act(stage)
        .catch((error: unknown) =>
          problems.get(entry)?.push(error instanceof Error ? error.message : String(error)),
        )
    }),
  )
  return programme.map((entry) => ({
    title: entry.title,
    times: entry.times,
    problems: problems.get(entry) ?? [],
  }))
}
