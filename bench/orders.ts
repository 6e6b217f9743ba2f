import { WithStartWorkflowOperation } from '@temporalio/client'
import type { ApiClient } from '../api/client.ts'
import { type Basket, basket, payAndSettle, placeOrder, workflowsEnded } from './buying.ts'
import { type Figure, inParallel, percentile, say } from './figures.ts'
import type { Harness } from './harness.ts'
import { historyFigures } from './histories.ts'

const orders = 600
const width = 50
const singles = 150

/**
 * Orders over HTTP beside bare Temporal workflows on the same server: throughput, latency, history events,
 * SQL round trips.
 */
export async function benchOrders(harness: Harness, rounds: number): Promise<Figure[]> {
  const apis = new Map<string, ApiClient>()
  const baskets = (n: number) => Promise.all(Array.from({ length: n }, (_, i) => basket(harness, apis, i)))
  const placeAndSettle = async (all: Basket[], i: number) => {
    const mine = all[i]
    if (mine) await payAndSettle(harness, mine, await placeOrder(harness, mine))
  }
  say('warming up')
  const warm = await baskets(100)
  await inParallel(100, 8, (i) => placeAndSettle(warm, i))
  await inParallel(100, width, () => bareOrder(harness))

  const names = [
    'orders_per_s',
    'floor_per_s',
    'orders_vs_floor',
    'ended_vs_floor',
    'place_ms_p50',
    'floor_ms_p50',
    'place_vs_floor',
  ] as const
  const figures = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<
    (typeof names)[number],
    number[]
  > // One list a name.
  for (let round = 1; round <= rounds; round++) {
    const many = await baskets(orders)
    const started = performance.now()
    const ours = await inParallel(orders, width, (i) => placeAndSettle(many, i))
    await workflowsEnded(harness, (round - 1) * singles) // What is left to do would slow the floor down.
    const endedMs = performance.now() - started
    const bare = await inParallel(orders, width, () => bareOrder(harness))
    const few = await baskets(singles)
    const place = await inParallel(singles, 1, async (i) => {
      const mine = few[i]
      if (mine) await placeOrder(harness, mine)
    })
    const update = await inParallel(singles, 1, () => bareUpdate(harness))
    const perS = (ms: number) => (orders * 1000) / ms
    figures.orders_per_s.push(perS(ours.allMs))
    figures.floor_per_s.push(perS(bare.allMs))
    figures.orders_vs_floor.push(bare.allMs / ours.allMs)
    figures.ended_vs_floor.push(bare.allMs / endedMs)
    figures.place_ms_p50.push(percentile(place.tookMs, 0.5))
    figures.floor_ms_p50.push(percentile(update.tookMs, 0.5))
    figures.place_vs_floor.push(percentile(place.tookMs, 0.5) / percentile(update.tookMs, 0.5))
    say(
      `round ${round} of ${rounds}: ${perS(ours.allMs).toFixed(1)} orders/s beside ${perS(bare.allMs).toFixed(1)} bare`,
    )
  }
  return [
    ...(await historyFigures(harness, apis)),
    { figure: 'orders_vs_floor', rounds: figures.orders_vs_floor, target: { atLeast: 0.7 } },
    { figure: 'place_vs_floor', rounds: figures.place_vs_floor, target: { atMost: 1 } },
    { figure: 'ended_vs_floor', rounds: figures.ended_vs_floor, target: null },
    { figure: 'orders_per_s', rounds: figures.orders_per_s, target: null },
    { figure: 'floor_per_s', rounds: figures.floor_per_s, target: null },
    { figure: 'place_ms_p50', rounds: figures.place_ms_p50, target: null },
    { figure: 'floor_ms_p50', rounds: figures.floor_ms_p50, target: null },
  ]
}

/** Start, and once its timer runs (as an order's does before anybody can pay it) the signal, and the end. */
async function bareOrder({ client, ids, floor }: Harness): Promise<void> {
  const workflowId = `bare-${ids.next()}`
  const asleep = new Promise<void>((resolve) => {
    const heard = (told: { asleep?: string }) => {
      if (told.asleep !== workflowId) return
      floor.off('message', heard)
      resolve()
    }
    floor.on('message', heard)
  })
  const handle = await client.workflow.start('bareOrder', { taskQueue: 'bare', workflowId })
  await asleep
  await handle.signal('paid')
  await handle.result()
}

/** A workflow whose update answers at once. */
async function bareUpdate({ client, ids }: Harness): Promise<void> {
  const startWorkflowOperation = new WithStartWorkflowOperation('barePlace', {
    taskQueue: 'bare',
    workflowId: `bare-${ids.next()}`,
    workflowIdConflictPolicy: 'FAIL',
    args: [],
  })
  await client.workflow.executeUpdateWithStart('place', { startWorkflowOperation, args: [] })
}
