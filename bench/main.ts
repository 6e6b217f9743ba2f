import { Command } from 'commander'
import { report } from './figures.ts'
import { benchOrders } from './orders.ts'
import { openRig } from './rig.ts'
import { benchSleep } from './sleep.ts'

const benches = { orders: benchOrders, sleep: benchSleep }

/** `npm run bench -- orders|sleep [--json]`: exits 1 when a target is missed. */
const program = new Command('bench')
  .argument('<what>', Object.keys(benches).join(' or '))
  .option('--json', 'one line of JSON a figure')
  .option('--rounds <n>', 'interleaved rounds', '3')
  .action(async (what: string, { json = false, rounds }: { json?: boolean; rounds: string }) => {
    const bench = what === 'orders' || what === 'sleep' ? benches[what] : undefined
    if (!bench) return program.error(`there is no benchmark ${what}: use ${Object.keys(benches).join(' or ')}`)
    const rig = await openRig()
    try {
      if (!report(await bench(rig, Number(rounds)), json)) process.exitCode = 1
    } finally {
      await rig.close()
    }
  })
await program.parseAsync()
