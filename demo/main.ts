import { Command } from 'commander'
import { launch } from '../local/children/living.ts'
import { startStack } from '../local/compose.ts'
import { giveVerdict, showWhereToLook } from './ending.ts'
import { playFlashSale } from './flash-sale/sale.ts'
import { type Ended, openEyes, playStory, soonSettled } from './story.ts'

/**
 * `npm run demo`: the whole stack, three hundred orders, a flash sale, and the audit; then it stays up. `--
 * --once` stops everything and says by its exit code whether all held.
 */
const { once = false } = new Command('demo')
  .description('Starts the local stack, plays 300 orders and a flash sale over HTTP, and audits them.')
  .option('--once', 'stop when the story is over; exit 1 when something did not hold')
  .parse()
  .opts<{ once?: boolean }>()

/** A pace that one can follow; with `--once` nobody looks. */
const overMs = once ? 24_000 : 40_000

await launch(async () => {
  const stack = await startStack({
    app: {
      ...{ PAY_WITHIN_S: '20', LOG_LEVEL: 'error', TRUSTED_PROXIES: '127.0.0.1' },
      ON_DELIVERY_ORDERS: '10000', // Each run leaves some that nobody ships, and the next one finds them.
    },
  })
  const db = openEyes(stack.servers.databaseUrl)
  process.stdout.write(
    '\n300 orders from 200 buyers, over HTTP; each is a Temporal workflow of its own · 三百个订单，二百位买家\n',
  )
  const died = stack.died.then((how) => Promise.reject(new Error(how)))
  died.catch(() => {}) // Handled by whichever of the races below runs when it happens.
  const orders = await Promise.race([playStory(db, stack, overMs), died])
  process.stdout.write(
    '\nA flash sale: 5,000 buyers rush 100 pieces, and the machinery is harmed meanwhile · 秒杀：五千人抢一百件\n',
  )
  const sale = await Promise.race([playFlashSale(db, stack), died])
  const ended: Ended = {
    ...orders,
    played: [...orders.played, ...sale],
    settled: orders.settled && (await soonSettled(db, orders.since)),
  }
  const holds = await Promise.race([giveVerdict(db, stack, ended), died])
  await db.close()
  if (once) return holds ? 0 : 1
  showWhereToLook(stack, ended)
  process.stdout.write('\nIt stays up. Ctrl-C stops everything; `npm run reset` forgets it.\n')
  return died
})
