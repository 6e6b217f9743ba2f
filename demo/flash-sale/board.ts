import Table from 'cli-table3'
import type { Crowd } from '../crowd/crowd.ts'
import type { CrowdTally } from '../crowd/plan.ts'
import { showLive } from '../live.ts'
import type { Books } from './looking.ts'

/** What the flash sale's table shows. `happened`: what was done to the machinery. */
export type SaleBoard = {
  crowd: Crowd
  books: () => Books | undefined
  happened: readonly string[]
  opensAt: number
}

/** The flash sale's table, or a line every few seconds. */
export const showSale = (board: SaleBoard): { stop(): void } =>
  showLive({ table: () => table(board), line: () => line(board) })

const phases: Record<CrowdTally['phase'], string> = {
  signing: 'buyers sign in 买家登录',
  'fetching tokens': 'buyers fetch tokens 领取令牌',
  ready: 'waiting for the opening 等待开抢',
  rushing: 'open: the rush 开抢',
  staying: 'open: who has nothing keeps trying 持续抢购',
  over: 'over 结束',
}

function figuresOf({ crowd, books, happened, opensAt }: SaleBoard) {
  const tally = crowd.now()
  const now = books()
  const countdown = Math.ceil((opensAt - Date.now()) / 1000)
  const answers = Object.entries(tally?.answers ?? {}).sort(([a], [b]) => a.localeCompare(b))
  return {
    phase: `${phases[tally?.phase ?? 'signing']}${countdown > 0 ? `, ${countdown} s` : ''}`,
    joins: `${tally?.joins ?? 0}, at most ${tally?.peakPerS ?? 0}/s`,
    latency: `p50 ${(tally?.p50 ?? 0).toFixed(0)} ms, p99 ${(tally?.p99 ?? 0).toFixed(0)} ms`,
    answers,
    queue: `${now?.queued ?? 'Redis is away'} in Redis, ${now?.waiting ?? 0} staged`,
    orders: `${(now?.unpaid ?? 0) + (now?.paid ?? 0)} of ${now?.quota ?? 0}`,
    unpaid: now?.unpaid ?? 0,
    paid: now?.paid ?? 0,
    givenBack: now?.givenBack ?? 0,
    happened,
  }
}

function table(board: SaleBoard): string {
  const now = figuresOf(board)
  const rows = new Table({ style: { head: [], compact: true }, colWidths: [30, 58] })
  rows.push(
    ['flash sale 秒杀', now.phase],
    ['joins answered 抢购请求', now.joins],
    ['', now.latency],
    ...now.answers.map(([answer, times]) => ['', `${times} × ${answer}`]),
    ['queue 排队', now.queue],
    ['orders 订单', now.orders],
    ['awaiting payment 待付款', now.unpaid],
    ['sold 已售出', now.paid],
    ['given back 已退回', now.givenBack],
    ...now.happened.map((what) => ['happened 故障', what]),
  )
  return rows.toString()
}

function line(board: SaleBoard): string {
  const now = figuresOf(board)
  return [
    now.phase,
    `joins ${now.joins}`,
    now.latency,
    `queue ${now.queue}`,
    `orders ${now.orders}`,
    `sold ${now.paid}`,
    `given back ${now.givenBack}`,
    ...now.happened,
  ].join(' · ')
}
