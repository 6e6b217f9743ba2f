import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OrderId } from '../../domain/ids.ts'
import type { Switches } from '../../sandbox/client.ts'
import { shanghaiDay } from '../../services/reconciliation/day.ts'
import { fetchStatement } from '../../services/reconciliation/fetch.ts'
import { matchStatement } from '../../services/reconciliation/match.ts'
import { statementsOf } from '../../services/reconciliation/plan.ts'
import { openSystem, type Shopper, type TestSystem } from './system.ts'

let system: TestSystem
const began = Date.now()
beforeAll(async () => {
  system = await openSystem({ payWithinS: 20 })
})
afterAll(() => system.close())

const channels = ['wechat-v3', 'wechat-v2', 'alipay-qr'] as const
type Channel = (typeof channels)[number]

/** What goes wrong at the provider. */
const faults: Record<string, Switches> = {
  'nothing goes wrong': {},
  'the callback is lost': { noNotification: true },
  'the callback comes twice at once': { notifyTwice: true },
  'a forged callback comes first': { forgedNotification: 'first' },
  'a forged callback comes instead': { forgedNotification: 'alone' },
  'the callback comes late': { notifyDelayMs: 2000 },
  'asking fails': { fail: { query: { times: 2 } } },
  'an answer to asking is forged': { forgedAnswer: { query: 1 } },
  'closing fails': { fail: { close: { times: 2 } } },
  'the answer to closing is lost': { loseAnswer: { close: 1 } },
  'sending money back fails': { fail: { refund: { times: 1 } } },
  'the answer to sending money back is lost': { loseAnswer: { refund: 1 } },
  'asking about a refund fails': { fail: { queryRefund: { times: 1 } } },
  'another amount is taken': { captureFen: '1' },
}

type Trade = {
  shopper: Shopper
  order: OrderId
  number: string
  due: bigint
  switches: (more: Switches) => Promise<void>
}
let next = 0
async function opened(channel: Channel, fault: Switches): Promise<Trade> {
  const shopper = await system.shopper(next++ % 60)
  const order = await system.buy(shopper, 1)
  const { status, body } = await system.pay(shopper, order, channel)
  expect(status).toBe(201)
  const number = String(body.number)
  const due = BigInt((body.amount as { fen: string }).fen) // Money.
  const switches = (more: Switches) => system.sandbox.switches({ ...fault, ...more }, number)
  await switches({})
  return { shopper, order, number, due, switches }
}
const cancel = ({ shopper, order }: Trade) =>
  shopper.api.v1.orders[':id'].cancel.$post({ param: { id: order } })
/** Whoever pays a trade that is closed by then is refused by the provider. */
const pays = ({ number }: Trade) => system.sandbox.pay(number).catch(() => {})

/**
 * Nobody says that these payments came, and once its order has ended nobody asks: the day's statement does.
 */
const unnotified = new Set(['the callback is lost', 'a forged callback comes instead'])
const tooLate = new Set([
  'is paid after it closed',
  'is paid from the wallet, and then by the older trade too',
])
const waitsForStatement: Settling[] = []

/** The right end of an order, and of this trade's money at its provider. */
type End = {
  status: string
  payState: string
  paidBy: 'this trade' | 'the wallet' | 'nobody'
  kept: 'all' | 'none'
}
const paid: End = { status: 'to_ship', payState: 'paid', paidBy: 'this trade', kept: 'all' }
const paidFromWallet: End = { status: 'to_ship', payState: 'paid', paidBy: 'the wallet', kept: 'none' }
const closed: End = { status: 'closed', payState: 'unpaid', paidBy: 'nobody', kept: 'none' }
const refunded: End = { status: 'closed', payState: 'refunded', paidBy: 'this trade', kept: 'none' }
/** A wrong amount pays nothing: it goes back, and the order closes. */
const unless = (fault: string, end: End): End => (fault === 'another amount is taken' ? closed : end)

/** What becomes of the order while money moves, and how it has to end. */
const flows: Record<string, (trade: Trade & { fault: string; channel: Channel }) => Promise<End>> = {
  'is paid in time': async (trade) => {
    await pays(trade)
    return unless(trade.fault, paid)
  },
  'is paid while its buyer cancels': async (trade) => {
    await trade.switches({ payBeforeClose: true })
    await cancel(trade)
    // Alipay has no trade before the buyer's code is scanned, so a close that never arrived finds nothing to
    // be paid.
    if (trade.channel === 'alipay-qr' && trade.fault === 'closing fails') return closed
    return unless(trade.fault, paid)
  },
  'is paid after it closed': async (trade) => {
    await trade.switches({ takeMoneyWhenClosed: true })
    await cancel(trade)
    await system.reaches(trade.order, 'closed')
    await pays(trade)
    return closed
  },
  'is paid from the wallet, and then by the older trade too': async (trade) => {
    await trade.switches({ takeMoneyWhenClosed: true })
    const { status, body } = await system.pay(trade.shopper, trade.order, 'balance')
    await pays(trade)
    // A wallet that is short leaves the order unpaid and its older trade closed: unnotified money comes too
    // late.
    if (body.code === 'balance_insufficient' && unnotified.has(trade.fault)) return closed
    // Where the provider could not say that the older trade is closed, the wallet was not touched: that one
    // pays.
    return status === 201 ? paidFromWallet : unless(trade.fault, paid)
  },
  'is paid, and called off': async (trade) => {
    await pays(trade)
    const right = unless(trade.fault, paid)
    await system.reaches(trade.order, right.status)
    await cancel(trade)
    return right === paid ? refunded : closed
  },
  'is never paid': async (trade) => {
    await cancel(trade)
    await system.reaches(trade.order, 'closed')
    return closed
  },
}

/** Nothing of it is on its way any more, in our books. */
async function atRest(
  order: OrderId,
): Promise<(Omit<End, 'paidBy' | 'kept'> & { paidBy: string | null }) | undefined> {
  const [row] = await system.container.db.sql<
    { status: string; payState: string; paidBy: string | null; resting: boolean }[]
  >`
    SELECT o.status,
           o.pay_state AS "payState",
           (SELECT number::text FROM attempts a WHERE a.order_id = o.id AND a.state = 'paid') AS "paidBy",
           o.status NOT IN ('placing', 'awaiting_payment', 'closing')
             AND NOT EXISTS (
               SELECT 1 FROM attempts a
               WHERE a.order_id = o.id AND a.state IN ('opening', 'open'))
             AND NOT EXISTS (
               SELECT 1 FROM notifications n
               JOIN attempts a ON a.number = n.attempt
               WHERE a.order_id = o.id AND n.outcome IS NULL)
             AND NOT EXISTS (
               SELECT 1 FROM refunds r
               WHERE r.order_id = o.id AND r.state = 'asked') AS resting
    FROM orders o
    WHERE o.id = ${order}`
  return row?.resting ? { status: row.status, payState: row.payState, paidBy: row.paidBy } : undefined
}
async function keptAtProvider(number: string): Promise<bigint> {
  const trade = (await system.sandbox.ledger()).trades.find(({ outTradeNo }) => outTradeNo === number)
  return BigInt(trade?.captured ?? 0) - BigInt(trade?.refunded ?? 0) - BigInt(trade?.refunding ?? 0)
}

/**
 * How it ended here, and what its provider keeps by its own books; undefined while something is on its way.
 */
async function endOf({ order, number, due }: Settling): Promise<End | undefined> {
  const rest = await atRest(order)
  if (!rest) return undefined
  const kept = await keptAtProvider(number)
  const paidBy = rest.paidBy === null ? 'nobody' : rest.paidBy === number ? 'this trade' : 'the wallet'
  return { ...rest, paidBy, kept: kept === 0n ? 'none' : kept === due ? 'all' : (`${kept} fen` as never) }
}

type Settling = { fault: string; order: OrderId; number: string; due: bigint; right: End }
const isSettled = (trade: Settling) =>
  expect
    .poll(() => endOf(trade), {
      timeout: 90_000,
      interval: 250,
      message: `order ${trade.order} and its money, when ${trade.fault}`,
    })
    .toEqual(trade.right)

describe.each(channels)('whatever goes wrong at %s, every fen is on the order or back when it', (channel) => {
  it.each(Object.entries(flows))(
    '%s',
    async (name, flow) => {
      const trades = await Promise.all(
        Object.entries(faults).map(async ([fault, switches]) => {
          const trade = { fault, channel, ...(await opened(channel, switches)) }
          return { ...trade, right: await flow(trade) }
        }),
      )
      for (const trade of trades) {
        if (tooLate.has(name) && unnotified.has(trade.fault)) waitsForStatement.push(trade)
        else await isSettled(trade)
      }
    },
    120_000,
  )
})

describe('a payment that nobody notified and nobody asks about any more', () => {
  it('is found by the day’s statement, and goes back', async () => {
    expect(waitsForStatement.length).toBeGreaterThan(0)
    const { db, ids, payments } = system.container
    const days = new Set([shanghaiDay(began), shanghaiDay(Date.now())])
    for (const provider of ['wechat-v3', 'wechat-v2', 'alipay']) {
      for (const date of days) {
        const of = { provider, date }
        const statements = statementsOf(payments.providers, of)
        await fetchStatement(db.sql, { statements, of, kind: 'trade', now: Date.now() + 2 * 86_400_000 })
        await matchStatement({ sql: db.sql, ids, accounts: payments.accounts, statements }, of)
      }
    }
    for (const trade of waitsForStatement) await isSettled(trade)
    expect(await db.sql`SELECT provider, difference, subject FROM reconciliation`).toEqual([])
  }, 120_000)
})

it('and the books add up, here and at the providers', () => system.addsUp())
