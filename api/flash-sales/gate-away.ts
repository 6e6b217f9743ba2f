import type { Logger } from 'pino'
import { faultOf } from '../../runtime/fault.ts'

/** What a question to the gate is answered with when the gate has no answer: then nothing may be concluded. Use it as `.catch(away)`. */
export type Away = (error: unknown) => 'away'

/** Whatever the gate throws means that it is away. The log hears of it once a second, however many ask. */
export function gateAway(log: Logger): Away {
  let quietUntil = 0
  return (error) => {
    if (Date.now() >= quietUntil) {
      quietUntil = Date.now() + 1000
      log.warn({ fault: faultOf(error) }, 'the gate has no answer: buyers are told to try again')
    }
    return 'away'
  }
}
