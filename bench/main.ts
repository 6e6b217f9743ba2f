import { Command } from 'commander'
import { benchBill } from './bill.ts'
import { benchDrain } from './consumer.ts'
import { type Figure, report } from './figures.ts'
import { benchGate } from './gate.ts'
import { openRig, type Rig } from './harness.ts'
import { benchJoin } from './join.ts'
import { benchNotify } from './notify.ts'
import { benchOrders } from './orders.ts'
import { benchRush } from './rush.ts'
import { benchSleep } from './sleep.ts'

type Bench = (rounds: number) => Promise<Figure[]>

/** A benchmark of the whole application. */
const onRig =
  (bench: (rig: Rig, rounds: number) => Promise<Figure[]>): Bench =>
  async (rounds) => {
    const rig = await openRig()
    try {
      return await bench(rig, rounds)
    } finally {
      await rig.close()
    }
  }

const benches: Record<string, Bench> = {
  orders: onRig(benchOrders),
  sleep: onRig(benchSleep),
  gate: async (rounds) => [...(await benchGate(rounds)), ...(await benchJoin(rounds))],
  drain: benchDrain,
  rush: benchRush,
  notify: benchNotify,
  bill: benchBill,
}
const names = Object.keys(benches).join(' or ')

/** `npm run bench -- orders|sleep|gate|drain|rush|notify|bill [--json]`: exits 1 when a target is missed. */
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
