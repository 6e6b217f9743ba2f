import { once } from 'node:events'
import { WithStartWorkflowOperation } from '@temporalio/client'
import type { ApiClient } from '../api/client.ts'
import { type Basket, basket, payAndSettle, placeOrder, workflowsEnded } from './buying.ts'
import { type CpuTimes, measuring } from './cpu.ts'
import { type Figure, inParallel, percentile, say } from './figures.ts'
import type { FloorResult, FloorRun } from './floor/worker.ts'
import type { Harness } from './harness.ts'
import { historyFigures } from './histories.ts'

const orders = 600
const width = 50
const singles = 150
/** A floor during which less of the machine was busy has waited for something: it is no floor. */
const leastBusy = 2 / 3

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
  await bareOrders(harness, { total: 100, width })

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
  let idle = false
  for (let round = 1; round <= rounds; round++) {
    const many = await baskets(orders)
    const mine = await measuring(harness.pids, async () => {
      const started = performance.now()
      const { allMs } = await inParallel(orders, width, (i) => placeAndSettle(many, i))
      await workflowsEnded(harness, (round - 1) * singles) // What is left to do would slow the floor down.
      return { allMs, endedMs: performance.now() - started }
    })
    const floor = await measuring(harness.pids, () => bareOrders(harness, { total: orders, width }))
    const [ours, bare] = [mine.result, floor.result]
    costs('ours', mine)
    costs('bare', floor)
    if (floor.busy < leastBusy) idle = true
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
    figures.ended_vs_floor.push(bare.endedMs / ours.endedMs)
    figures.place_ms_p50.push(percentile(place.tookMs, 0.5))
    figures.floor_ms_p50.push(percentile(update.tookMs, 0.5))
    figures.place_vs_floor.push(percentile(place.tookMs, 0.5) / percentile(update.tookMs, 0.5))
    say(
      `round ${round} of ${rounds}: ${perS(ours.allMs).toFixed(1)} orders/s beside ${perS(bare.allMs).toFixed(1)} bare`,
    )
  }
  if (idle)
    say('the floor left a third of the machine idle: it waited, and says nothing about what is possible')
  const floorTarget = idle ? null : { atLeast: 0.4 }
  return [
    ...(await historyFigures(harness, apis)),
    { figure: 'orders_vs_floor', rounds: figures.orders_vs_floor, target: floorTarget },
    { figure: 'place_vs_floor', rounds: figures.place_vs_floor, target: { atMost: 1 } },
    { figure: 'ended_vs_floor', rounds: figures.ended_vs_floor, target: null },
    { figure: 'orders_per_s', rounds: figures.orders_per_s, target: null },
    { figure: 'floor_per_s', rounds: figures.floor_per_s, target: null },
    { figure: 'place_ms_p50', rounds: figures.place_ms_p50, target: null },
    { figure: 'floor_ms_p50', rounds: figures.floor_ms_p50, target: null },
  ]
}

/** Has the floor's process run so many bare orders, started as ours are: see bench/floor/worker.ts. */
async function bareOrders({ floor }: Harness, run: FloorRun): Promise<FloorResult> {
  floor.send({ bare: run })
  for (;;) {
    const [answer] = (await once(floor, 'message')) as [{ ran?: FloorResult }]
    if (answer.ran) return answer.ran
  }
}

/** One line: CPU ms an order of each process, and how busy the machine was. */
function costs(what: string, { cpuMs, busy }: { cpuMs: CpuTimes; busy: number }): void {
  const each = Object.entries(cpuMs).map(([name, ms]) => `${name} ${(ms / orders).toFixed(1)}`)
  say(`  ${what}: CPU ms an order: ${each.join(', ')}; machine ${(busy * 100).toFixed(0)} % busy`)
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
