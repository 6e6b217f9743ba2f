import type { FromCrowd, ToCrowd } from './plan.ts'
import { rush } from './rush.ts'
import { createTally } from './tally.ts'

/**
 * The load process: a crowd that its parent tells what to do, and that tells how it fares, four times a
 * second.
 */
const tally = createTally()
const goHome = new AbortController()
const tell = () => process.send?.({ tally: tally.now() } satisfies FromCrowd)
process.on('disconnect', () => process.exit(0))
process.on('message', (asked: ToCrowd) => {
  if (asked === 'go home') return goHome.abort()
  const telling = setInterval(tell, 250)
  rush(asked.plan, tally, goHome.signal)
    .catch((error: unknown) => tally.problem(error instanceof Error ? error.message : String(error)))
    .finally(() => {
      clearInterval(telling)
      tell()
      process.disconnect()
    })
})
