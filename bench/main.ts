import { Command } from 'commander'
import { benchBill } from './bill.ts'
import { benchConsumer } from './consumer.ts'
import { type Figure, report } from './figures.ts'
import { benchGate } from './gate.ts'
import { type Harness, openHarness } from './harness.ts'
import { benchJoin } from './join.ts'
import { benchNotify } from './notify.ts'
import { benchOrders } from './orders.ts'
import { benchRebuild } from './rebuild.ts'
import { benchRestart } from './restart.ts'
import { benchRush } from './rush.ts'
import { benchSales } from './sales.ts'
import { benchSleep } from './sleep.ts'
import { benchStreams } from './streams.ts'

type Bench = (rounds: number) => Promise<Figure[]>

/** A benchmark of the whole application. */
const onHarness =
  (bench: (harness: Harness, rounds: number) => Promise<Figure[]>): Bench =>
  async (rounds) => {
    const harness = await openHarness()
    try {
      return await bench(harness, rounds)
    } finally {
      await harness.close()
    }
  }

const benches: Record<string, Bench> = {
  orders: onHarness(benchOrders),
  sleep: onHarness(benchSleep),
  gate: async (rounds) => [...(await benchGate(rounds)), ...(await benchJoin(rounds))],
  consumer: benchConsumer,
  rebuild: benchRebuild,
  restart: benchRestart,
  streams: benchStreams,
  rush: benchRush,
  sales: benchSales,
  notify: benchNotify,
  bill: benchBill,
}
const names = Object.keys(benches).join(' or ')

/** `npm run bench -- <what> [--json]`, what: a key of `benches`. Exits 1 when a target is missed. */
const program = new Command('bench')
  .argument('<what>', names)
  .option('--json', 'one line of JSON a figure')
  .option('--rounds <n>', 'interleaved rounds', '3')
  .action(async (what: string, { json = false, rounds }: { json?: boolean; rounds: string }) => {
    const bench = benches[what]
    if (!bench) return program.error(`there is no benchmark ${what}: use ${names}`)
    if (!report(await bench(Number(rounds)), json)) process.exitCode = 1
  })
await program.parseAsync()
