import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { OrderId } from '../domain/ids.ts'
import { type Figure, inParallel, percentile, say } from './figures.ts'
import { fork, type Harness } from './harness.ts'
import { inputOf } from './histories.ts'
import { memoryOf } from './memory.ts'

const cached = 300
const asleep = 10_000
const deadlines = 2000
const minuteMs = 60_000
const width = 50

/**
 * What ten thousand sleeping orders cost a worker in memory, and how late two thousand deadlines in one
 * minute fire beside bare timers.
 */
export async function benchSleep(harness: Harness, rounds: number): Promise<Figure[]> {
  const memory: number[] = []
  const late: Record<'orders' | 'floor' | 'ratio', number[]> = { orders: [], floor: [], ratio: [] }
  for (let round = 1; round <= rounds; round++) {
    const ours = await lateness(harness, 'order', (id, ms) =>
      startOrder(harness, id, { queue: 'orders', payWithinMs: ms }),
    )
    const bare = await lateness(harness, 'bare', (id, ms) => startTimer(harness, id, ms))
    late.orders.push(ours)
    late.floor.push(bare)
    late.ratio.push(ours / bare)
    memory.push(await sleepers(harness, round))
    say(
      `round ${round} of ${rounds}: p99 late ${ours.toFixed(0)} ms beside ${bare.toFixed(0)} ms bare; ${memory.at(-1)?.toFixed(1)} MB for ${asleep} orders asleep`,
    )
  }
  return [
    { figure: 'sleep_memory_mb', rounds: memory, target: { atMost: 20 } },
    { figure: 'deadline_lateness_vs_floor', rounds: late.ratio, target: { atMost: 1.5 } },
    { figure: 'deadline_lateness_ms_p99', rounds: late.orders, target: null },
    { figure: 'floor_lateness_ms_p99', rounds: late.floor, target: null },
  ]
}

/**
 * Growth of a fresh worker's memory (after full collections) from a full workflow cache to all orders asleep.
 */
async function sleepers(harness: Harness, round: number): Promise<number> {
  const queue = `orders-asleep-${round}`
  const worker = await fork('./order-worker.ts', {
    ...harness.stack.environment,
    ORDERS_QUEUE: queue,
    CACHED_ORDERS: String(cached),
    LOG_LEVEL: 'warn',
  })
  try {
    const before = await filled(harness, { worker, queue }, cached + 100)
    say(`  ${Math.round(before)} MB with a full cache`)
    return (await filled(harness, { worker, queue }, asleep - cached - 100)) - before
  } finally {
    worker.kill('SIGTERM')
    await once(worker, 'exit')
  }
}

async function filled(
  harness: Harness,
  { worker, queue }: { worker: ChildProcess; queue: string },
  orders: number,
): Promise<number> {
  await inParallel(orders, width, async () => {
    const id = harness.ids.next() as OrderId // A fresh snowflake is what an order's id is.
    await startOrder(harness, id, { queue, payWithinMs: 24 * 3_600_000 })
    await placed(harness, id)
  })
  await harness.client.workflow.execute('collectGarbage', {
    taskQueue: queue,
    workflowId: `collect-${harness.ids.next()}`,
  })
  return (await memoryOf(worker)).rssMb
}

/**
 * The p99 (ms) of how long after its due time a timer's workflow task started, for timers that all fire
 * within one minute.
 */
async function lateness(
  harness: Harness,
  prefix: string,
  start: (id: OrderId, ms: number) => Promise<void>,
): Promise<number> {
  const ids = Array.from({ length: deadlines }, () => harness.ids.next() as OrderId) // As above.
  // Far enough ahead that all are asleep before the first wakes.
  const first = Date.now() + 90_000
  await inParallel(deadlines, width, async (i) => {
    const id = ids[i]
    if (id) await start(id, first + (i * minuteMs) / deadlines - Date.now())
  })
  if (Date.now() > first)
    throw new Error(
      'the orders were not all asleep before the first deadline: this machine is too slow for the benchmark',
    )
  const late: number[] = []
  await inParallel(deadlines, 10, async (i) => {
    const handle = harness.client.workflow.getHandle(`${prefix}-${ids[i]}`)
    await handle.result()
    late.push(lateOf((await handle.fetchHistory()).events ?? []))
  })
  return percentile(late, 0.99)
}

type Event = {
  eventTime?: unknown
  timerStartedEventAttributes?: unknown
  timerFiredEventAttributes?: unknown
  workflowTaskStartedEventAttributes?: unknown
}

/** How long after (timer started + its duration) the first workflow task after the firing was started. */
function lateOf(events: readonly Event[]): number {
  const fired = events.findIndex((event) => event.timerFiredEventAttributes)
  const timer = events.find((event) => event.timerStartedEventAttributes)
  const task = events.slice(fired).find((event) => event.workflowTaskStartedEventAttributes)
  if (fired < 0 || !timer || !task) throw new Error('a deadline did not fire')
  // As Temporal's API defines the event.
  const { startToFireTimeout } = timer.timerStartedEventAttributes as { startToFireTimeout: Time }
  return ms(task.eventTime) - ms(timer.eventTime) - ms(startToFireTimeout)
}

type Time = { seconds?: { toString(): string } | null; nanos?: number | null }

function ms(time: unknown): number {
  const { seconds, nanos } = time as Time // A protobuf timestamp or duration.
  return Number(seconds?.toString() ?? 0) * 1000 + (nanos ?? 0) / 1e6
}

async function startOrder(
  harness: Harness,
  id: OrderId,
  { queue, payWithinMs }: { queue: string; payWithinMs: number },
): Promise<void> {
  const input = {
    ...inputOf(harness, Number(BigInt(id) % 60n), payWithinMs),
    orderId: id,
    points: '0',
    balance: '0',
  }
  const { couponId: _, ...plain } = input
  await harness.client.workflow.start('order', { args: [plain], taskQueue: queue, workflowId: `order-${id}` })
}

async function startTimer({ client }: Harness, id: OrderId, durationMs: number): Promise<void> {
  await client.workflow.start('bareTimer', {
    args: [durationMs],
    taskQueue: 'bare',
    workflowId: `bare-${id}`,
  })
}

async function placed({ events, db }: Harness, id: OrderId): Promise<void> {
  const status = await events.until(id, { forMs: 60_000 }, async () => {
    const [row] = await db.sql<{ status: string }[]>`
      SELECT status
      FROM orders
      WHERE id = ${id} AND status <> 'placing'`
    return row?.status
  })
  if (status !== 'awaiting_payment') throw new Error(`order ${id} became ${status}`)
}
