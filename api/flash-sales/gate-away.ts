import type { Logger } from 'pino'
import { faultOf } from '../../runtime/fault.ts'

/** For `.catch(away)`: the gate has no answer, and nothing may be concluded from that. */
export type Away = (error: unknown) => 'away'

/** Turns whatever the gate throws into `'away'`. Logged at most once a second, however many buyers ask. */
export function gateAway(log: Logger): Away {
  let quietUntil = 0
  return (error) => {
    if (Date.now() >= quietUntil) {
      quietUntil = Date.now() + 1000
      log.warn({ fault: faultOf(error) }, 'the gate has no answer: buyers are asked to try again')
    }
    return 'away'
  }
}
