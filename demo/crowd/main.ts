import type { FromCrowd, ToCrowd } from './plan.ts'
import { rush } from './rush.ts'
import { createTally } from './tally.ts'

/**
 * The load process: a crowd that its parent directs, and that reports how it fares, four times a
 * second.
 */
const tally = createTally()
const goHome = new AbortController()
const report = () => process.send?.({ tally: tally.now() } satisfies FromCrowd)
process.on('disconnect', () => process.exit(0))
process.on('message', (asked: ToCrowd) => {
  if (asked === 'go home') return goHome.abort()
  const reporting = setInterval(report, 250)
  rush(asked.plan, tally, goHome.signal)
    .catch((error: unknown) => tally.problem(error instanceof Error ? error.message : String(error)))
    .finally(() => {
      clearInterval(reporting)
      report()
      process.disconnect()
    })
})
